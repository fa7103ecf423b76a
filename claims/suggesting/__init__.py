"""Finds the passages of an article that attribute words to a speaker.

Pure text: `re` and `tomllib` alone, no Django, nothing learned from data. Offsets are Unicode code points, 0-based,
end-exclusive. The terms are the field's: an attribution has a cue (`said`), a speaker and a content.
"""
