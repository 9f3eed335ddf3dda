"""Shockstep in ComfyUI: copy or link this folder into ComfyUI/custom_nodes, with shockstep installed for its Python.

A SAMPLER for SamplerCustom and SamplerCustomAdvanced, and a SIGMAS node for schedules of plain methods.
"""

from .nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
