"""Data sets, one reader per file."""

from __future__ import annotations

from reid.data import cuhk03, duke_video, ilids_vid, ls_vid, market1501, mars, msmt17, prid2011, tracklets
from reid.data.samples import DatasetReader, ReidDataset, Sample

DATASETS: dict[str, DatasetReader] = {
    "market1501": market1501.READER,
    "cuhk03": cuhk03.READER,
    "msmt17": msmt17.READER,
    "mars": mars.READER,
    "prid2011": prid2011.READER,
    "ilids_vid": ilids_vid.READER,
    "duke_video": duke_video.READER,
    "ls_vid": ls_vid.READER,
    "tracklets": tracklets.READER,
}

__all__ = ["DATASETS", "DatasetReader", "ReidDataset", "Sample"]
