"""Pictures of a hall with people, drawn by VTK through pyvista, without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scenes.blocks import Ball, Box
from scenes.camera import Camera
from scenes.figure import Figure, import_pyvista
from scenes.room import Hall
from scenes.shadows import PIXELS_PER_M as LIGHT_PIXELS_PER_M
from scenes.shadows import furniture_shade, light_left

OVERSAMPLING = 2
"""Pictures are drawn this many times larger and shrunk: smooth edges."""
CELL_LEVELS = 4
"""Large blocks are divided this often, so that light varies over them."""
NEAR_M, FAR_M = 0.1, 80.0
"""What is nearer or farther is not drawn."""
FLOOR_TOLERANCE_M = 0.015
"""A pixel shows the floor when its point is at most this high."""

Pose = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Vertices (V, 3) and normals (V, 3) of one person in the world."""


@dataclass(frozen=True, eq=False)
class Background:
    """A camera's view of the empty hall, drawn once.

    Attributes:
        image: float32 (H, W, 3), red, green, blue, oversampled.
        depth: float32 (H, W), metres.
        floor: bool (H, W): where the floor is seen.
        light_x: float32 (H, W): column of the light map (`shadows.light_left`) that falls on each pixel.
        light_y: float32 (H, W): its row.
    """

    image: NDArray[np.float32]
    depth: NDArray[np.float32]
    floor: NDArray[np.bool_]
    light_x: NDArray[np.float32]
    light_y: NDArray[np.float32]


class SceneRenderer:
    """One hall and its people, seen from any camera.

    The hall is drawn once for each camera; each picture then needs only the people, joined to it by their depths, and
    their shadows.

    Args:
        hall: What does not move.
        figures: The people's bodies.
        colours: Their vertices' colours, each uint8 (V, 3).
        size: (width, height) of the pictures in pixels.
        rng: For the walls' unevenness.
        brightness: Of all lamps, 1 is normal.

    Raises:
        InputError: pyvista is missing; the message tells how to install it.
    """

    def __init__(
        self, hall: Hall, figures: Sequence[Figure], colours: Sequence[NDArray[np.uint8]], size: tuple[int, int],
        rng: np.random.Generator, brightness: float = 1.0,
    ) -> None:  # fmt: skip
        self._pv = import_pyvista()
        self._hall, self._size = hall, size
        window = [OVERSAMPLING * size[0], OVERSAMPLING * size[1]]
        self._plotter = self._pv.Plotter(off_screen=True, window_size=window, lighting="none")
        self._plotter.set_background((60, 58, 56))
        self._plotter.render_window.SetMultiSamples(0)
        self._rng, self._brightness = rng, brightness
        self._hall_actors = self._add_hall()
        for lamp in hall.lamps:
            self._add_lamp(lamp)
        self._bodies = [self._add_body(figure, colour) for figure, colour in zip(figures, colours, strict=True)]
        self._backgrounds: dict[Camera, Background] = {}
        self._light = light_left(hall, [], hall.lamps)

    def _material(self) -> dict[str, Any]:
        return {"ambient": 0.42 * self._brightness, "diffuse": 0.68 * self._brightness, "specular": 0.03}

    def _add_hall(self) -> list[Any]:
        pv, hall, add = self._pv, self._hall, self._plotter.add_mesh
        middle = (hall.length / 2, hall.width / 2)
        size: dict[str, Any] = {"i_size": hall.length + 4, "j_size": hall.width + 4}
        floor = pv.Plane(center=(*middle, 0), i_size=hall.length, j_size=hall.width, i_resolution=1, j_resolution=1)
        lit_floor = (hall.floor * furniture_shade(hall)[..., None]).astype(np.uint8)
        meshes = [self._box_mesh(box) for box in hall.boxes] + [self._ball_mesh(ball) for ball in hall.balls]
        return [
            add(floor, texture=pv.Texture(lit_floor[::-1].copy()), **self._material()),
            add(pv.Plane(center=(*middle, hall.height), direction=(0, 0, -1), **size), color=hall.ceiling,
                ambient=0.7 * self._brightness, diffuse=0.15),
            add(pv.Plane(center=(*middle, -0.02), **size), color=(70, 66, 62), **self._material()),
            add(pv.merge(meshes), scalars="rgb", rgb=True, **self._material()),
        ]  # fmt: skip

    def _box_mesh(self, box: Box) -> Any:
        low, high = np.array(box.low), np.array(box.high)
        mesh = self._pv.Box(np.stack([low, high], axis=1).ravel().tolist())
        if (high - low).max() > 0.7:
            mesh = mesh.triangulate().subdivide(CELL_LEVELS, "linear")
        points = np.asarray(mesh.points)
        near_floor = 1 - 0.18 * np.exp(-points[:, 2] / 0.35)
        uneven = 1 + 0.02 * self._rng.normal(0, 1, len(points))
        colours = np.array(box.colour) * (near_floor * uneven)[:, None]
        mesh.clear_data()
        mesh.point_data["rgb"] = np.clip(colours, 0, 255).astype(np.uint8)
        return mesh.compute_normals(cell_normals=False, split_vertices=True, auto_orient_normals=True)

    def _ball_mesh(self, ball: Ball) -> Any:
        mesh = (
            self._pv.Sphere(radius=1.0, theta_resolution=12, phi_resolution=12).scale(ball.radii).translate(ball.centre)
        )
        mesh.clear_data()
        mesh.point_data["rgb"] = np.tile(np.array(ball.colour, np.uint8), (mesh.n_points, 1))
        return mesh.compute_normals(cell_normals=False)

    def _add_lamp(self, place: NDArray[np.float64]) -> None:
        light = self._pv.Light(position=tuple(place), focal_point=(place[0], place[1], 0), intensity=1.0)
        light.positional, light.cone_angle = True, 90
        light.attenuation_values = (1.0, 0.06, 0.05)
        self._plotter.add_light(light)

    def _add_body(self, figure: Figure, colours: NDArray[np.uint8]) -> tuple[Any, Any]:
        mesh = self._pv.PolyData.from_regular_faces(figure.vertices.copy(), figure.faces)
        mesh.point_data["rgb"] = colours
        mesh.point_data["Normals"] = figure.normals.copy()
        mesh.point_data.active_normals_name = "Normals"
        actor = self._plotter.add_mesh(mesh, scalars="rgb", rgb=True, **self._material())
        return mesh, actor

    def place(self, poses: Sequence[Pose | None]) -> None:
        """Put every person in a pose, or away (None)."""
        for (mesh, actor), posed in zip(self._bodies, poses, strict=True):
            actor.SetVisibility(posed is not None)
            if posed is not None:
                mesh.points = posed[0]
                mesh.point_data["Normals"][:] = posed[1]
                mesh.Modified()
        self._light = light_left(self._hall, [posed[0] for posed in poses if posed is not None], self._hall.lamps)

    def draw(self, camera: Camera) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """The picture from a camera, with its depths.

        Returns:
            uint8 (H, W, 3), blue, green, red, and float32 (H * OVERSAMPLING, W * OVERSAMPLING): distance along the
            viewing direction in metres.
        """
        if camera not in self._backgrounds:
            self._backgrounds[camera] = self._draw_background(camera)
        empty = self._backgrounds[camera]
        people, depth = self._draw_actors(camera)
        light = cv2.remap(self._light, empty.light_x, empty.light_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        light[~empty.floor] = 1.0
        image = empty.image * light[..., None]
        nearer = depth < empty.depth
        image[nearer] = people[nearer]
        small = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)
        return np.clip(small[..., ::-1] + 0.5, 0, 255).astype(np.uint8), np.minimum(depth, empty.depth)

    def _draw_background(self, camera: Camera) -> Background:
        """Draw the hall without people, and find where the floor is."""
        shown = [actor.GetVisibility() for _, actor in self._bodies]
        self._show(hall=True, people=[False] * len(shown))
        image, depth = self._draw_actors(camera)
        self._show(hall=False, people=shown)
        height, width = depth.shape
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        scale = camera.width / width
        rays = np.stack([(columns + 0.5) * scale - camera.width / 2, (rows + 0.5) * scale - camera.height / 2], axis=-1)
        seen = np.concatenate([rays / camera.focal_px, np.ones((height, width, 1))], axis=-1) * depth[..., None]
        world = (seen - camera.translation) @ camera.rotation  # (H, W, 3)
        floor = np.abs(world[..., 2]) < FLOOR_TOLERANCE_M
        light_x, light_y = (world[..., axis] * LIGHT_PIXELS_PER_M - 0.5 for axis in (0, 1))
        return Background(
            image.astype(np.float32), depth, floor, light_x.astype(np.float32), light_y.astype(np.float32)
        )

    def _show(self, hall: bool, people: Sequence[bool]) -> None:
        for actor in self._hall_actors:
            actor.SetVisibility(hall)
        for (_, actor), visible in zip(self._bodies, people, strict=True):
            actor.SetVisibility(visible)

    def _draw_actors(self, camera: Camera) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Draw whatever is visible: uint8 (H, W, 3), red, green, blue, and depths in metres, float32 (H, W)."""
        view = self._plotter.camera
        view.position, view.focal_point, view.up = camera.position, camera.target, (0, 0, 1)
        view.view_angle, view.clipping_range = camera.vertical_view_deg, (NEAR_M, FAR_M)
        self._plotter.render_window.Render()
        image, buffer = self._grab(depth=False), self._grab(depth=True)[..., 0].astype(np.float32)
        depth = NEAR_M * FAR_M / (FAR_M - buffer * (FAR_M - NEAR_M))
        return image[..., :3], np.asarray(depth, np.float32)

    def _grab(self, depth: bool) -> NDArray:
        """What was drawn last, rows from top to bottom, (H, W, channels)."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

        grabber = vtkWindowToImageFilter()
        grabber.SetInput(self._plotter.render_window)
        grabber.ShouldRerenderOff()
        grabber.ReadFrontBufferOff()
        if depth:
            grabber.SetInputBufferTypeToZBuffer()
        grabber.Update()
        output = grabber.GetOutput()
        width, height, _ = output.GetDimensions()
        values = vtk_to_numpy(output.GetPointData().GetScalars())
        return values.reshape(height, width, -1)[::-1]

    def close(self) -> None:
        """Free the window."""
        self._plotter.close()
