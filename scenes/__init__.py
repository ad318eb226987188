"""Rendered scenes of walking people with exact ground truth: for the sample videos, tests, training and benchmarks.

`figure` (a body as a mesh with bones), `clothes`, `walk` (poses), `crowd` (who is where), `room`, `camera`, `shadows`,
`renderer` (pyvista, imported only there), `ground_truth`, `scene` (puts them together).
"""
