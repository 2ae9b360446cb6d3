"""Pictures of procedures (流程图): the stages in the order of the articles, and what leads from one to another.

:func:`draw` makes a self-contained SVG of a :class:`Picture`. What is in the picture is for the caller to say.
"""

from starter.diagram.picture import Arrow, Box, End, Opening, Picture, PictureError
from starter.diagram.svg import draw

__all__ = ["Arrow", "Box", "End", "Opening", "Picture", "PictureError", "draw"]
