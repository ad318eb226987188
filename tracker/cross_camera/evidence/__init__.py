"""What speaks for and against two tracklets being one person: appearance, place, time and stature, as log-odds."""
