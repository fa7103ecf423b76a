"""Pictures of who said it, through whom, and who denies it: what is on them and where, for the templates to draw.

All places and sizes are whole pixels: a template would write a fraction as the reader's language does.
"""
