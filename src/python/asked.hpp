/// Runs whose model is evaluated by the caller's own loop.
#pragma once

#include <pybind11/pybind11.h>

namespace shockstep::python {

/// Asked: what src/python/shockstep/_asked.py makes schedulers and samplers of other packages of.
void bind_asked(pybind11::module_& module);

}  // namespace shockstep::python
