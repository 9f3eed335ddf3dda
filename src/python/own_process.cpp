#include "python/own_process.hpp"

#include "python/number.hpp"
#include "python/raised.hpp"

#include <shockstep/error.hpp>

#include <memory>
#include <string>

namespace shockstep::python {
namespace {

using namespace pybind11::literals;

std::function<double(double)> function(const char* name, const py::object& of) {
  if (!PyCallable_Check(of.ptr()))
    throw ConfigError(name, "must be a function of t, got " + py::repr(of).cast<std::string>());
  // The last copy may be destroyed where the GIL is not held.
  const std::shared_ptr<py::object> held(new py::object(of), [](py::object* object) {
    const py::gil_scoped_acquire gil;
    delete object;
  });
  return [held, name](double t) {
    const py::gil_scoped_acquire gil;
    try {
      const py::object value = (*held)(t);
      const double number = PyFloat_AsDouble(value.ptr());
      if (!PyErr_Occurred()) return number;
      PyErr_Clear();
      throw ConfigError(name, "must return one number for each t, got " + py::repr(value).cast<std::string>());
    } catch (py::error_already_set& error) {
      throw_raised(error);
    }
  };
}

FunctionsOfTime checked(const py::object& alpha, const py::object& sigma, const py::object& t_min,
                        const py::object& t_max) {
  return {.alpha = function("alpha", alpha),
          .noise = function("sigma", sigma),
          .range = {number(t_min, "t_min"), number(t_max, "t_max")}};
}

/// Its keys and sentences have the words of C++ and of a config.
Process made(const FunctionsOfTime& functions) {
  try {
    return functions;
  } catch (const ConfigError& error) {
    const std::string prefix = "process.", key = error.key();
    if (!key.starts_with(prefix)) throw;
    std::string sentence = std::string(error.what()).substr(key.size() + 2);
    if (sentence.starts_with("noise/")) sentence.replace(0, 5, "sigma");
    throw ConfigError("Process: " + (key == "process.noise" ? "sigma" : key.substr(prefix.size())), sentence);
  }
}

}  // namespace

OwnProcess::OwnProcess(const py::object& alpha, const py::object& sigma, const py::object& t_min,
                       const py::object& t_max)
    : functions_(checked(alpha, sigma, t_min, t_max)), process_(made(functions_)) {}

void bind_process(py::module_& m) {
  py::class_<OwnProcess, std::shared_ptr<OwnProcess>>(
      m, "Process", R"(A noising process in functions of its time: x_t = alpha(t) x0 + sigma(t) n.

alpha, sigma: t -> a number, of a float; positive from t_min to t_max, and sigma/alpha rises or falls with t throughout, which is
tried. t_min, t_max: where both are taken; leave out a time at which either is 0. It stands wherever a process has a name; sigma_min
and sigma_max beside it, in data units, are of sigma/alpha. A Network of it is told t and alpha x0 + sigma n unless it says otherwise.
Raises ConfigError, which names the time where something is wrong, and what the functions raise.)")
      .def(py::init<const py::object&, const py::object&, const py::object&, const py::object&>(), py::kw_only(),
           "alpha"_a, "sigma"_a, "t_min"_a, "t_max"_a)
      .def_property_readonly(
          "sigma_min", [](const OwnProcess& own) { return own.process().sigma_min(); }, "The least of sigma/alpha.")
      .def_property_readonly(
          "sigma_max", [](const OwnProcess& own) { return own.process().sigma_max(); }, "The most of sigma/alpha.")
      .def(
          "time",
          [](const OwnProcess& own, const py::object& sigma) { return own.process().time(number(sigma, "sigma")); },
          "sigma"_a, "Where sigma/alpha is `sigma`; the nearer end for one beyond the range.")
      .def("__repr__", [](const OwnProcess& own) {
        const auto [first, last] = own.functions().range;
        return "<shockstep.Process: t from " + py::str(py::float_(first)).cast<std::string>() + " to " +
               py::str(py::float_(last)).cast<std::string>() + ">";
      });
}

}  // namespace shockstep::python
