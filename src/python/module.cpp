/// The functions of the module. src/python/shockstep turns keyword arguments into settings of a config and wraps the results.
#include "config/keys.hpp"
#include "output/inspection.hpp"
#include "python/asked.hpp"
#include "python/models.hpp"
#include "python/problem.hpp"
#include "python/raised.hpp"
#include "python/records.hpp"
#include "python/run_observer.hpp"
#include "python/tensor.hpp"
#include "records/columns.hpp"

#include <shockstep/calibrate.hpp>
#include <shockstep/comparison.hpp>
#include <shockstep/encoder.hpp>
#include <shockstep/fit_check.hpp>
#include <shockstep/inspect.hpp>
#include <shockstep/models/multiplicative.hpp>
#include <shockstep/sampler.hpp>

#include <pybind11/stl.h>
#include <torch/version.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace shockstep::python {
namespace {

using namespace pybind11::literals;

// A callable of the user's, which the engine calls from the thread that called us.
NetworkFunction network(py::function call) {
  // The last copy may be destroyed where the GIL is not held.
  const std::shared_ptr<py::function> held(new py::function(std::move(call)), [](py::function* function) {
    const py::gil_scoped_acquire gil;
    delete function;
  });
  return [held](const at::Tensor& x, const at::Tensor& time, const at::Tensor& label) {
    const py::gil_scoped_acquire gil;
    try {
      const py::object out = label.defined() ? (*held)(x, time, label) : (*held)(x, time);
      py::detail::make_caster<at::Tensor> caster;
      if (!caster.load(out, false))
        throw ModelError("the model returns " + py::str(py::type::of(out)).cast<std::string>() + ", expected a tensor");
      return py::detail::cast_op<at::Tensor>(caster);
    } catch (py::error_already_set& error) {
      throw_raised(error);
    }
  };
}

ModelSource source(const py::object& model) {
  if (model.is_none()) return {};
  if (py::isinstance<NotAtHand>(model)) return NotAtHand{};
  if (py::isinstance<ScoreModel>(model)) return ModelPtr(model.cast<std::shared_ptr<ScoreModel>>());
  return network(model.cast<py::function>());
}

std::unique_ptr<Problem> make_problem(const std::string& file, const std::vector<std::string>& settings,
                                      const py::object& model) {
  const ModelSource from = source(model);
  keyboard_interrupt() = false;
  const py::gil_scoped_release released;
  return std::make_unique<Problem>(file, settings, from);
}

// Calls run(observer) without the GIL. Throws what the user's observer raised; the caller must ask whether Ctrl-C ended
// it.
template <class Run>
auto observed(const Problem& problem, const py::object& observer, Run run) {
  keyboard_interrupt() = false;
  RunObserver watch(observer, problem.model->shape());
  auto result = [&] {
    const py::gil_scoped_release released;
    return run(watch);
  }();
  watch.rethrow();
  return result;
}

py::object given(const py::dict& arguments, const char* key) {
  return arguments.contains(key) ? py::object(arguments[key]) : py::none();
}

SampleRequest request_of(const Problem& problem, const py::dict& start) {
  SampleRequest request{.count = problem.run.count,
                        .first = problem.run.first,
                        .seed = problem.run.seed,
                        .batch = problem.run.batch,
                        .measured_batch = problem.run.measured_batch,
                        .threads = problem.run.threads,
                        .noise = tensor(given(start, "noise")),
                        .init = tensor(given(start, "init")),
                        .mask = tensor(given(start, "mask"))};
  if (const py::object n = given(start, "interpolate"); !n.is_none()) request.interpolate = n.cast<int>();
  if (const py::object s = given(start, "strength"); !s.is_none()) request.strength = s.cast<double>();
  return request;
}

py::dict sample(const Problem& problem, const py::dict& start, const py::object& observer) {
  SampleRequest request = request_of(problem, start);
  struct Drawn {
    Result result;
    GuardProfile profile;
    std::vector<double> sigmas;
    std::vector<std::string> notes;
    std::int64_t prepared_rows;
  };
  const Drawn drawn = observed(problem, observer, [&](RunObserver& watch) -> Drawn {
    const Sampler sampler(problem.model, problem.process, problem.sampler, &watch);
    request.observer = &watch;
    return {sampler.sample(request), sampler.profile(), sampler.sigmas(request), sampler.notes(),
            sampler.prepared_rows()};
  });
  return to_dict(drawn.result, drawn.profile, drawn.sigmas, drawn.notes, drawn.prepared_rows);
}

py::dict encode(const Problem& problem, const py::object& data, const py::object& observer) {
  EncodeRequest request{
      .data = tensor(data), .seed = problem.run.seed, .batch = problem.run.batch, .threads = problem.run.threads};
  const EncodeResult result = observed(problem, observer, [&](RunObserver& watch) {
    request.observer = &watch;
    return Encoder(problem.model, problem.process, problem.sampler, problem.encode(), &watch).encode(request);
  });
  return py::dict("latents"_a = result.latents, "log_likelihood"_a = result.log_likelihood,
                  "standard_error"_a = result.standard_error, "quadrature_error"_a = result.quadrature_error,
                  "latent_rms"_a = result.latent_rms(), "columns"_a = columns(result.reports),
                  "statistics"_a = to_dict(result.statistics));
}

py::dict schedule(const Problem& problem, const py::object& observer) {
  if (!problem.sampler.steps || !problem.sampler.steps->sigmas.empty())
    throw ConfigError("steps", "missing; the number of steps of the schedule, for example steps=10");
  const FittedSchedule fitted = observed(problem, observer, [&](RunObserver& watch) {
    return calibrate_schedule(*problem.model, problem.process, problem.sampler, fit_evaluations, &watch);
  });
  if (!fitted.complete) throw Cancelled("the fit of the schedule was cancelled");
  return to_dict(fitted);
}

py::list compare(const Problem& problem, const py::object& data, const py::object& observer) {
  ComparisonReference reference;
  const auto methods = problem.compared(reference);
  const at::Tensor rows = py::isinstance<py::bool_>(data) ? at::Tensor() : tensor(data);
  const DistanceRequest distances{.wanted = rows.defined() || data.equal(py::bool_(true)), .data = rows};
  SampleRequest request = request_of(problem, {});
  const ComparisonResult result = observed(problem, observer, [&](RunObserver& watch) {
    request.observer = &watch;
    return Comparison(problem.model, problem.process, methods, request, reference, distances).run();
  });
  py::list out;
  for (const ComparisonRow& row : result.rows) out.append(to_dict(row));
  return out;
}

/// The text of summary.json, from which Python reads the sections: the fit check and, if the description fits, all
/// others.
std::string inspect(const Problem& problem, const py::dict& arrays, bool quick, const py::object& observer) {
  InspectRequest request{.options = problem.inspect(),
                         .seed = problem.run.seed,
                         .batch = problem.run.batch,
                         .threads = problem.run.threads,
                         .float32 = problem.run.dtype != "float64",
                         .data = tensor(given(arrays, "data")),
                         .labels = tensor(given(arrays, "labels")),
                         .held_out = tensor(given(arrays, "held_out"))};
  request.options.count = std::min(request.options.count, problem.run.count);
  InspectFacts facts{.sigma_min = problem.process.sigma_min(),
                     .sigma_max = problem.process.sigma_max(),
                     .dimension = problem.model->dimension(),
                     .time = [&](double sigma) { return problem.process.time(sigma); }};
  return observed(problem, observer, [&](RunObserver& watch) {
    request.observer = &watch;
    facts.fit = check_fit(problem.model, problem.process,
                          {.quick = quick, .seed = problem.run.seed, .batch = problem.run.batch})
                    .report;
    facts.analysed = facts.fit.fits || request.options.misfits || problem.model->abilities().product.has_value();
    if (facts.analysed && !quick)
      facts.found = shockstep::inspect(problem.model, problem.process, inspect_sampler(problem.sampler), request).found;
    return inspect_json(facts);
  });
}

void bind_errors(py::module_& m) {
  static const py::exception<Error> base(m, "Error");
  static const py::exception<ConfigError> config(m, "ConfigError", py::make_tuple(base, py::handle(PyExc_ValueError)));
  static const py::exception<ModelError> model(m, "ModelError", base);
  static const py::exception<FileError> file(m, "FileError", py::make_tuple(base, py::handle(PyExc_OSError)));
  base.attr("__doc__") = "Base of what shockstep raises of its own: one line that says what would be right.";
  config.attr("__doc__") = "A wrong argument or setting, named.";
  model.attr("__doc__") = "The model cannot be loaded, or does not do what its description says.";
  file.attr("__doc__") = "A file cannot be read, or does not hold what it should.";
  for (const py::handle error : {py::handle(base), py::handle(config), py::handle(model), py::handle(file)})
    error.attr("__module__") = "shockstep";
  py::register_exception_translator([](std::exception_ptr pending) {
    try {
      std::rethrow_exception(std::move(pending));
    } catch (const Raised& error) {
      error.restore();
    } catch (const Cancelled&) {
      if (keyboard_interrupt())
        PyErr_SetNone(PyExc_KeyboardInterrupt);
      else
        PyErr_SetString(base.ptr(), "cancelled by the observer before there was anything to return");
    } catch (const ConfigError& error) {
      PyErr_SetString(config.ptr(), error.what());
    } catch (const ModelError& error) {
      PyErr_SetString(model.ptr(), error.what());
    } catch (const FileError& error) {
      PyErr_SetString(file.ptr(), error.what());
    }
  });
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.attr("__version__") = SHOCKSTEP_VERSION;
  m.attr("torch_version") = TORCH_VERSION;
  bind_errors(m);
  bind_models(m);
  bind_asked(m);
  py::class_<Problem>(m, "Problem")
      .def(py::init(&make_problem), "file"_a, "settings"_a, "model"_a)
      .def_property_readonly("denoises", [](const Problem& p) { return p.sampler.final == Final::denoise; });
  m.def("keys", [] {
    py::list out;  // section, name, values, meaning
    for_each_key([&](const auto& row) {
      out.append(py::make_tuple(row.key.section, row.key.name, row.values(), row.key.meaning));
    });
    return out;
  });
  m.def("columns", [] {
    py::dict out;
    for_each_column(trajectory_columns, [&](const auto& column) {
      if (column.shown) out[column.name] = column.meaning;
    });
    return out;
  });
  m.def("interrupted", [] { return keyboard_interrupt(); });
  m.def("sample", &sample, "problem"_a, "start"_a, "observer"_a);
  m.def("encode", &encode, "problem"_a, "data"_a, "observer"_a);
  m.def("schedule", &schedule, "problem"_a, "observer"_a);
  m.def("compare", &compare, "problem"_a, "data"_a, "observer"_a);
  m.def("inspect", &inspect, "problem"_a, "arrays"_a, "quick"_a, "observer"_a);
}

}  // namespace shockstep::python
