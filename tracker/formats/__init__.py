"""File formats of the field: MOT text and seqinfo.ini."""
