"""`python -m crosscam` is the console command."""

from crosscam.commands import main

raise SystemExit(main())
