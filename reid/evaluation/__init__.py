"""Scoring ReID: embedding a data set, ranking, protocols, re-ranking, reports and pictures."""
