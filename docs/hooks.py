"""What MkDocs builds from the code itself, so that it cannot grow stale: commands, API, arrows, pictures."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))
from flow import flow_svg  # noqa: E402

FLOW = re.compile(r"```flow\n(.*?)```", re.DOTALL)


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """The picture is a file of the site, so that links to it are checked."""
    from mkdocs.structure.files import File

    files.append(File("preview.jpg", str(ROOT / "sample_videos"), config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill the places that the pages leave."""
    for mark, make in (("commands", commands), ("api", api), ("arrows", arrows)):
        if f"<!-- {mark} -->" in markdown:
            markdown = markdown.replace(f"<!-- {mark} -->", make())
    return FLOW.sub(lambda match: f'<figure markdown="0">{flow_svg(match[1])}</figure>', markdown)


def commands() -> str:
    """Every subcommand with its help text."""
    from crosscam.commands import COMMANDS, command_parser

    parts = []
    for name in COMMANDS:
        text = command_parser(name, f"crosscam {name}").format_help()
        parts.append(f"## crosscam {name}\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


def api() -> str:
    """Every public name, from its docstring."""
    import crosscam

    lines = []
    for name in crosscam.__all__:
        if name != "__version__":
            lines.append(f"::: {crosscam._HOMES[name]}.{name}\n")
    return "\n".join(lines)


def arrows() -> str:
    """The table of the test that guards the arrows."""
    table = allowed_arrows()
    rows = [
        f"| `{room}` | {', '.join(f'`{target}`' for target in sorted(targets)) or '-'} |"
        for room, targets in table.items()
    ]
    return "\n".join(["| room | may import |", "|---|---|", *rows])


def allowed_arrows() -> dict[str, set[str]]:
    """`ALLOWED_ARROWS` of the test, read without running it."""
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "ALLOWED_ARROWS" and node.value:
            return {
                ast.literal_eval(key): set() if isinstance(value, ast.Call) else ast.literal_eval(value)  # type: ignore[arg-type]
                for key, value in zip(node.value.keys, node.value.values, strict=True)  # type: ignore[attr-defined]
            }
    raise LookupError("tests/test_architecture.py has no ALLOWED_ARROWS")
