/// Models as Python sees them.
#pragma once

#include <pybind11/pybind11.h>

namespace shockstep::python {

/// Model and its closed forms: GaussianMixture, PointCloud, DoubleWell, Multiplicative.
void bind_models(pybind11::module_& module);

}  // namespace shockstep::python
