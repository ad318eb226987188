"""Everything that a run writes.

files          the output folder; files that appear only when whole
mot            MOT text; `camera_tracks` is what it and the video show
identities_json, run_json, summary      for people and programs to read
store_writer, store_reader              tracking.sqlite
crops, contact_sheet                    the best pictures of each person
annotate, render                        the annotated videos
"""
