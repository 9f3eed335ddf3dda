/// The functions of the module. src/python/shockstep turns keyword arguments into settings of a config and wraps the results.
#include "cli/arrays.hpp"
#include "config/keys.hpp"
#include "config/solver_file.hpp"
#include "core/free_memory.hpp"
#include "output/inspection.hpp"
#include "output/solver_text.hpp"
#include "output/warnings.hpp"
#include "python/asked.hpp"
#include "python/models.hpp"
#include "python/number.hpp"
#include "python/own_process.hpp"
#include "python/problem.hpp"
#include "python/raised.hpp"
#include "python/records.hpp"
#include "python/run_observer.hpp"
#include "python/tensor.hpp"
#include "python/unlocked.hpp"
#include "records/columns.hpp"
#include "run/facts.hpp"
#include "run/fit.hpp"

#include <shockstep/calibrate.hpp>
#include <shockstep/comparison.hpp>
#include <shockstep/encoder.hpp>
#include <shockstep/fit_check.hpp>
#include <shockstep/fitted_solver_file.hpp>
#include <shockstep/inspect.hpp>
#include <shockstep/models/multiplicative.hpp>
#include <shockstep/sampler.hpp>

#include <pybind11/stl.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
#include <limits>
#include <utility>

namespace shockstep::python {
namespace {

using namespace pybind11::literals;

// A callable of the user's, which the engine calls from the thread that called us.
class Callable {
 public:
  // The last copy may be destroyed where the GIL is not held.
  Callable(py::function call, std::string what)
      : held_(new py::function(std::move(call)),
              [](py::function* function) {
                const py::gil_scoped_acquire gil;
                delete function;
              }),
        what_(std::move(what)) {}

  /// `arguments` makes those of the call, with the GIL.
  template <class Arguments>
  at::Tensor operator()(const Arguments& arguments) const {
    const py::gil_scoped_acquire gil;
    try {
      const auto& [positional, named] = arguments();
      const py::object out = (*held_)(*positional, **named);
      py::detail::make_caster<at::Tensor> caster;
      if (!caster.load(out, false))
        throw ModelError(what_ + " returns " + py::str(py::type::of(out)).cast<std::string>() + ", expected a tensor");
      return py::detail::cast_op<at::Tensor>(caster);
    } catch (py::error_already_set& error) {
      throw_raised(error);
    }
  }

 private:
  std::shared_ptr<py::function> held_;
  std::string what_;
};

// Conditions by their names; a label comes before them.
ConditionedNetwork network(py::function call, const std::vector<Condition>& conditions) {
  std::vector<std::string> names;
  for (const Condition& condition : conditions) names.push_back(condition.name);
  return [held = Callable(std::move(call), "the model"), names](const at::Tensor& x, const at::Tensor& time,
                                                                const std::vector<at::Tensor>& told) {
    return held([&] {
      const std::size_t labels = told.size() - names.size();
      py::dict named;
      for (std::size_t k = 0; k < names.size(); ++k) named[py::str(names[k])] = told[labels + k];
      py::tuple positional = py::make_tuple(x, time);
      if (labels > 0) positional = py::make_tuple(x, time, told[0]);
      return std::pair(positional, named);
    });
  };
}

std::vector<Condition> conditions_of(const py::dict& tensors) {
  std::vector<Condition> out;
  for (const auto& [name, rows] : tensors) out.push_back({name.cast<std::string>(), rows.cast<at::Tensor>()});
  return out;
}

// {"condition": {name: tensor}, "null": {name: tensor}, "guidance": callable}, of which any may be missing.
GivenConditions given_conditions(const py::dict& given) {
  GivenConditions out;
  if (given.contains("condition")) out.conditions = conditions_of(given["condition"]);
  if (given.contains("null")) out.null = conditions_of(given["null"]);
  if (given.contains("guidance"))
    out.guidance = [held = Callable(given["guidance"].cast<py::function>(), "guidance")](
                       const at::Tensor& with, const at::Tensor& without, const at::Tensor& sigma) {
      return held([&] { return std::pair(py::tuple(py::make_tuple(with, without, sigma)), py::dict()); });
    };
  return out;
}

/// `float32`: a callable without arguments, or None.
ModelSource source(const py::object& model, const GivenConditions& given, const py::object& float32) {
  if (model.is_none()) return {};
  if (py::isinstance<NotAtHand>(model)) return NotAtHand{};
  if (py::isinstance<ScoreModel>(model)) return ModelPtr(model.cast<std::shared_ptr<ScoreModel>>());
  PythonNetwork out{network(model.cast<py::function>(), given.conditions), {}};
  if (float32.is_none()) return out;
  const std::shared_ptr<py::object> held(new py::object(float32), [](py::object* object) {
    const py::gil_scoped_acquire gil;
    delete object;
  });
  out.float32 = [held, conditions = given.conditions]() -> ConditionedNetwork {
    const py::gil_scoped_acquire gil;
    try {
      const py::object made = (*held)();
      return made.is_none() ? ConditionedNetwork() : network(made.cast<py::function>(), conditions);
    } catch (py::error_already_set& error) {
      throw_raised(error);
    }
  };
  return out;
}

std::unique_ptr<Problem> make_problem(const std::string& file, const std::vector<std::string>& settings,
                                      const py::object& model, const std::string& solver, const py::dict& given,
                                      const std::shared_ptr<OwnProcess>& process, const py::object& float32) {
  const GivenConditions conditions = given_conditions(given);
  const ModelSource from = source(model, conditions, float32);
  keyboard_interrupt() = false;
  const Unlocked unlocked;
  return std::make_unique<Problem>(file, settings, from, solver, conditions, process ? &process->functions() : nullptr);
}

// Calls run(observer) without the GIL. Throws what the user's observer raised; the caller must ask whether Ctrl-C ended
// it.
template <class Run>
auto observed(const Problem& problem, const py::object& observer, Run run) {
  keyboard_interrupt() = false;
  RunObserver watch(observer, problem.model->shape());
  try {
    auto result = [&] {
      const Unlocked unlocked;
      return run(watch);
    }();
    watch.rethrow();
    return result;
  } catch (const Cancelled&) {
    watch.rethrow();  // what ended it, where that was no wish to cancel
    throw;
  }
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
                        .state = problem.run.state,
                        .in_flight = problem.run.in_flight,
                        .noise = tensor(given(start, "noise"), "noise"),
                        .init = tensor(given(start, "init"), "init"),
                        .mask = tensor(given(start, "mask"), "mask")};
  if (const py::object n = given(start, "interpolate"); !n.is_none())
    request.interpolate = static_cast<int>(whole(n, "interpolate", 0, std::numeric_limits<int>::max()));
  if (const py::object s = given(start, "strength"); !s.is_none()) request.strength = number(s, "strength");
  return request;
}

/// Throws ConfigError where so many samples do not fit into memory.
void check_fits(const SampleRequest& request, const Problem& problem) {
  const double numbers = static_cast<double>(request.count) * static_cast<double>(problem.model->dimension());
  const double bytes = sizeof(double) * numbers, free = static_cast<double>(free_memory());
  if (bytes > free)
    throw ConfigError("count", std::to_string(request.count) + " samples take " + gigabytes(bytes) + ", and " +
                                   gigabytes(free) + " of memory are free; draw parts of them, by first and count");
}

py::dict sample(const Problem& problem, const py::dict& start, const py::object& observer) {
  SampleRequest request = request_of(problem, start);
  check_fits(request, problem);
  struct Drawn {
    Result result;
    RunFacts facts;
    std::vector<std::string> notes;
  };
  Drawn drawn = observed(problem, observer, [&](RunObserver& watch) -> Drawn {
    const Sampler sampler(problem.model, problem.process, problem.sampler, &watch);
    request.observer = &watch;
    RunFacts facts = run_facts(problem.model, sampler, request, problem.run);
    return {sampler.sample(request), std::move(facts), sampler.notes()};
  });
  const at::Tensor& samples = drawn.result.samples;
  const auto row = static_cast<std::size_t>(problem.model->dimension());
  for (std::int64_t i = 0; i < samples.size(0); ++i)
    drawn.facts.spread.add({samples.const_data_ptr<double>() + static_cast<std::size_t>(i) * row, row});
  for (const TrajectoryReport& report : drawn.result.reports)
    if (report.status == Status::budget) drawn.facts.reached = std::fmax(drawn.facts.reached, report.error_estimate);
  py::dict out = to_dict(drawn.result, drawn.facts.profile, drawn.facts.sigmas, drawn.notes, drawn.facts.prepared_rows);
  out["warnings"] = warnings(drawn.facts, drawn.result.statistics);
  if (const auto& rounding = drawn.facts.rounding)
    out["rounding"] = py::dict("rms"_a = rounding->rms, "rows"_a = rounding->rows);
  return out;
}

std::vector<std::string> known_before(const Problem& problem, const RunObserver& watch) {
  return model_warnings(problem.model, problem.process, problem.sampler.scales_cache, problem.run, &watch);
}

void append(std::vector<std::string>& all, std::vector<std::string> more) {
  std::ranges::move(more, std::back_inserter(all));
}

py::dict encode(const Problem& problem, const py::object& data, const py::object& observer) {
  EncodeRequest request{.data = tensor(data, "data"),
                        .seed = problem.run.seed,
                        .batch = problem.run.batch,
                        .threads = problem.run.threads};
  std::vector<std::string> sentences;
  const EncodeResult result = observed(problem, observer, [&](RunObserver& watch) {
    request.observer = &watch;
    const Encoder encoder(problem.model, problem.process, problem.sampler, problem.encode(), &watch);
    sentences = known_before(problem, watch);
    return encoder.encode(request);
  });
  append(sentences, encode_warnings(result, *problem.model, problem.encode().likelihood));
  return py::dict("latents"_a = result.latents, "log_likelihood"_a = result.log_likelihood,
                  "standard_error"_a = result.standard_error, "quadrature_error"_a = result.quadrature_error,
                  "latent_rms"_a = result.latent_rms(), "columns"_a = columns(result.reports),
                  "statistics"_a = to_dict(result.statistics), "warnings"_a = sentences);
}

py::dict schedule(const Problem& problem, const py::object& observer) {
  if (!problem.sampler.steps || !problem.sampler.steps->sigmas.empty())
    throw ConfigError("steps", "missing; the number of steps of the schedule, for example steps=10");
  std::vector<std::string> sentences;
  const FittedSchedule fitted = observed(problem, observer, [&](RunObserver& watch) {
    sentences = known_before(problem, watch);
    const std::int64_t budget = fit_budget(*problem.sampler.steps);
    return calibrate_schedule(*problem.model, problem.process, problem.sampler, budget, &watch);
  });
  if (!fitted.complete) throw Cancelled("the fit of the schedule was cancelled");
  py::dict out = to_dict(fitted);
  out["warnings"] = sentences;
  return out;
}

/// Each as JSON, and the times of the plan that it was held against.
py::dict fit_solvers(const Problem& problem, const std::vector<int>& counts, const py::object& observer) {
  std::vector<std::string> sentences;
  const auto solvers = observed(problem, observer, [&](RunObserver& watch) {
    sentences = known_before(problem, watch);
    const std::int64_t budget = problem.sampler.steps->budget;
    return shockstep::fit_solvers(*problem.model, problem.process, problem.sampler, counts, budget, &watch);
  });
  if (solvers.empty()) throw Cancelled("the fit of the solver was cancelled");
  std::vector<std::pair<std::string, std::vector<double>>> out;
  for (const FittedSolver& solver : solvers) {
    std::vector<double> times;
    for (const double sigma : solver.planned) times.push_back(problem.process.time(sigma));
    out.emplace_back(to_json(solver), std::move(times));
  }
  return py::dict("solvers"_a = out, "warnings"_a = sentences);
}

std::string solver_text(const std::vector<std::string>& texts, const std::string& format) {
  std::vector<FittedSolver> solvers;
  for (const auto& text : texts) solvers.push_back(fitted_solver_from_json(text, "solver"));
  return shockstep::solver_text(solvers, format_named(format, "format"));
}

/// A list in JSON.
std::string read_solvers(const std::string& path) {
  std::string out;
  for (const FittedSolver& solver : solvers_of_file(path)) out += (out.empty() ? "[" : ",") + to_json(solver);
  return out + "]";
}

/// `data`: None for what the config says, True for exact samples, False for none, or rows.
DistanceRequest distances_of(const CompareConfig& config, const py::object& data) {
  if (py::isinstance<py::bool_>(data)) return {.wanted = data.cast<bool>()};
  if (!data.is_none()) return {.wanted = true, .data = tensor(data, "data")};
  DistanceRequest out{.wanted = config.distances};
  if (out.wanted && !config.data.empty()) out.data = cli::read_tensor(config.data);
  return out;
}

py::dict compare(const Problem& problem, const py::object& data, const py::object& observer) {
  const CompareConfig config = problem.compared();
  const DistanceRequest distances = distances_of(config, data);
  SampleRequest request = request_of(problem, {});
  std::vector<std::string> sentences;
  const ComparisonResult result = observed(problem, observer, [&](RunObserver& watch) {
    request.observer = &watch;
    const Comparison comparison(problem.model, problem.process, config.methods, request, config.reference, distances);
    sentences = known_before(problem, watch);
    ComparisonResult found = comparison.run();
    append(sentences, compare_warnings(comparison, found));
    return found;
  });
  py::list rows;
  for (const ComparisonRow& row : result.rows) rows.append(to_dict(row));
  return py::dict("rows"_a = rows, "warnings"_a = sentences);
}

/// The text of summary.json, from which Python reads the sections: the fit check and, if the description fits, all
/// others.
std::string inspect(const Problem& problem, const py::dict& arrays, bool quick, const py::object& observer) {
  InspectRequest request{.options = problem.inspect(),
                         .seed = problem.run.seed,
                         .batch = problem.run.batch,
                         .threads = problem.run.threads,
                         .float32 = problem.run.dtype != "float64",
                         .data = tensor(given(arrays, "data"), "data"),
                         .labels = tensor(given(arrays, "labels"), "labels"),
                         .held_out = tensor(given(arrays, "held_out"), "held_out")};
  request.options.count = std::min(request.options.count, problem.run.count);
  InspectFacts facts{.sigma_min = problem.process.sigma_min(),
                     .sigma_max = problem.process.sigma_max(),
                     .dimension = problem.model->dimension(),
                     .time = [&](double sigma) { return problem.process.time(sigma); }};
  return observed(problem, observer, [&](RunObserver& watch) {
    request.observer = &watch;
    facts.fit = check_fit(problem.model, problem.process,
                          {.quick = quick, .seed = problem.run.seed, .batch = problem.run.batch, .observer = &watch})
                    .report;
    facts.analysed = facts.fit.fits || request.options.misfits || problem.model->abilities().product.has_value();
    facts.left_out = quick ? "" : no_analyses(*problem.model, problem.run);
    facts.analysed &= facts.left_out.empty();
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
  bind_process(m);
  bind_asked(m);
  py::class_<Problem>(m, "Problem", py::dynamic_attr())
      .def(py::init(&make_problem), "file"_a, "settings"_a, "model"_a, "solver"_a, "given"_a = py::dict(),
           "process"_a = py::none(), "float32"_a = py::none())
      .def_property_readonly("fits_solver", [](const Problem& p) { return shockstep::fits_solver(p.sampler); })
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
  m.def("close", &Unlocked::close);
  m.def("sample", &sample, "problem"_a, "start"_a, "observer"_a);
  m.def("encode", &encode, "problem"_a, "data"_a, "observer"_a);
  m.def("schedule", &schedule, "problem"_a, "observer"_a);
  m.def("fit_solvers", &fit_solvers, "problem"_a, "counts"_a, "observer"_a);
  m.def("solver_text", &solver_text, "solvers"_a, "format"_a);
  m.def("read_solvers", &read_solvers, "path"_a);
  m.def("compare", &compare, "problem"_a, "data"_a, "observer"_a);
  m.def("inspect", &inspect, "problem"_a, "arrays"_a, "quick"_a, "observer"_a);
}

}  // namespace shockstep::python
