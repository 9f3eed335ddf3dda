#include "config/run_config.hpp"

#include <shockstep/fitted_solver.hpp>
#include <shockstep/grid.hpp>

#include "config/keys.hpp"
#include "config/solver_file.hpp"
#include "config/yaml.hpp"
#include "core/did_you_mean.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace shockstep {
namespace {

constexpr const char* alias_of_fitted = "burgers";
constexpr std::int64_t largest_budget = 1'000'000'000;
constexpr int usual_sde_count = 50;  // docs/sde.md says what that leaves

/// The schedule of `steps: N`.
Schedule usual_schedule(Dynamics dynamics) { return dynamics == Dynamics::sde ? Schedule::tapered : Schedule::plan; }

std::vector<double> read_sigmas(Section& section) {
  const auto array = section.array("sigmas");
  if (array.shape.size() != 1) section.fail("sigmas", "must be a list of numbers");
  return array.values;
}

/// The list `sigmas` of a file, whatever else it holds.
void read_sigmas_file(Section& steps, FixedSteps& fixed) {
  const std::string path = steps.path("file");
  Section file(path, "", load_yaml(path));
  fixed.sigmas = read_sigmas(file);
  fixed.origin = "sampler.steps.file: " + printable(path, 1000);
}

/// Of the solvers of a file that of `count` evaluations; auto: the one of the most that max_evaluations allows.
const FittedSolver& chosen(const std::vector<FittedSolver>& solvers, Section& steps, int max_evaluations) {
  std::vector<std::string> counts;
  for (const FittedSolver& solver : solvers) counts.push_back(std::to_string(solver.sigmas.size()));
  if (!steps.has("count")) {
    if (solvers.size() == 1) return solvers.front();
    steps.fail("count", "missing; the file holds solvers of " + join(counts) + " evaluations: choose one, or auto");
  }
  const bool most = steps.is_text("count");
  if (most) steps.choice("count", {"auto"});
  const std::int64_t wanted = most ? max_evaluations : read_whole(steps, "count", fewest_steps, most_steps);
  const FittedSolver* found = nullptr;
  for (const FittedSolver& solver : solvers) {  // the fewest evaluations first
    const auto count = static_cast<std::int64_t>(solver.sigmas.size());
    if (count == wanted || (most && count < wanted)) found = &solver;
  }
  if (!found)
    steps.fail("count", (most ? "finds no solver within sampler.max_evaluations "
                              : "must be that of a solver in the file, got ") +
                            std::to_string(wanted) + "; it has " + join(counts));
  return *found;
}

/// Solvers (fitted_solver.hpp), or the list `sigmas`.
void read_steps_file(Section& steps, FixedSteps& fixed, int max_evaluations) {
  const std::string path = steps.path("file");
  const auto solvers = solvers_of_file(path);
  if (solvers.empty()) {
    if (steps.has("count"))
      steps.fail("count", "chooses among fitted solvers; the file is a list of sigmas, which says all");
    return read_sigmas_file(steps, fixed);
  }
  fixed = solver_steps(std::make_shared<const FittedSolver>(chosen(solvers, steps, max_evaluations)));
  fixed.origin = "sampler.steps.file: " + printable(path, 1000);
}

FixedSteps read_schedule(Section& steps, Dynamics dynamics, std::optional<std::int64_t> usual_count) {
  FixedSteps fixed;
  std::vector<std::string> names;
  std::string usual;
  for (const auto& kind : schedule_kinds()) {
    names.emplace_back(kind.name);
    if (kind.schedule == usual_schedule(dynamics)) usual = kind.name;
  }
  names.emplace_back(alias_of_fitted);
  std::string schedule = steps.choice("schedule", names, usual);
  if (schedule == alias_of_fitted) schedule = "fitted";
  for (const auto& kind : schedule_kinds())
    if (schedule == kind.name) fixed.schedule = kind.schedule;
  fixed.count = static_cast<int>(read_whole(steps, "count", fewest_steps, most_steps, usual_count));
  if (fixed.schedule == Schedule::karras)
    fixed.rho = steps.positive("rho", fixed.rho);
  else if (steps.has("rho"))
    steps.fail("rho", "is for the schedule karras; " + schedule + " has none");
  if (steps.has("budget") && fixed.schedule != Schedule::fitted)
    steps.fail("budget", "is for the schedule fitted; " + schedule + " needs no fit");
  if (steps.has("budget")) fixed.budget = read_whole(steps, "budget", 1, largest_budget);
  if (fixed.schedule == Schedule::ays)
    read_sigmas_file(steps, fixed);
  else if (steps.has("file"))
    steps.fail("file", "is for the schedule ays, or stands alone; " + schedule + " reads none");
  return fixed;
}

/// The most steps of a fitted schedule within max_evaluations, where these are few; else none: adaptive. Above, adaptive steps
/// and their guard are worth more (docs/schedules.md), and on the SDE the usual grid.
std::optional<FixedSteps> automatic_steps(const SamplerOptions& options) {
  constexpr int few = 15;
  const bool sde = options.dynamics == Dynamics::sde;
  if (options.max_evaluations > few)
    return sde ? std::optional(FixedSteps{.schedule = usual_schedule(options.dynamics), .count = usual_sde_count})
               : std::nullopt;
  for (int count = options.max_evaluations; count >= fewest_steps; --count)
    if (grid_evaluations(options.method, options.final, count) <= options.max_evaluations)
      return FixedSteps{.schedule = Schedule::fitted, .count = count};
  return std::nullopt;
}

/// `steps` as a word: adaptive or auto; for other words that users try, an error that says what to write.
std::optional<FixedSteps> read_steps_word(Section& sampler, const SamplerOptions& options) {
  const std::string word = sampler.text("steps", "adaptive");
  if (word == "adaptive") return std::nullopt;
  if (word == "auto") return automatic_steps(options);
  for (const auto& kind : schedule_kinds())
    if (word == kind.name) sampler.fail("steps", "needs a number of steps; write {schedule: " + word + ", count: 20}");
  sampler.fail("steps", "must be adaptive, auto, a number of steps or {schedule: log_sigma, count: 20}, got " +
                            printable(word) + did_you_mean(word, {"adaptive", "auto"}));
}

/// adaptive, auto, a number of steps, {schedule, count, ...}, {sigmas} or {file}; none: adaptive, on the SDE the usual grid.
std::optional<FixedSteps> steps_of(Section& sampler, const SamplerOptions& options) {
  if (sampler.is_list("steps")) sampler.fail("steps", "must be a map; write steps: {sigmas: [...]}");
  const bool usual = !sampler.has("steps"), sde = options.dynamics == Dynamics::sde;
  if (sampler.is_text("steps") || (usual && !sde)) return read_steps_word(sampler, options);
  FixedSteps fixed;
  if (!usual && !sampler.is_map("steps")) {
    fixed.schedule = usual_schedule(options.dynamics);
    fixed.count = static_cast<int>(read_whole(sampler, "steps", fewest_steps, most_steps, fixed.count));
    return fixed;
  }
  Section steps = sampler.section("steps");
  for (const char* key : {"schedule", "count", "rho", "budget", "sigmas", "file"})
    steps.ignore(key);  // a key of sampler.steps that this form has no use for
  const char* whole = steps.has("sigmas") ? "sigmas" : steps.has("file") && !steps.has("schedule") ? "file" : nullptr;
  if (whole) {
    for (const std::string key : {"schedule", "count", "rho", "budget", "file"})
      if (steps.has(key) && key != whole && !(key == "count" && std::string(whole) == "file"))
        steps.fail(key, std::string("cannot stand beside ") + whole + ", which says all");
    if (steps.has("sigmas"))
      fixed.sigmas = read_sigmas(steps);
    else
      read_steps_file(steps, fixed, options.max_evaluations);
  } else {
    fixed = read_schedule(steps, options.dynamics, usual ? std::optional<std::int64_t>(usual_sde_count) : std::nullopt);
  }
  steps.finish();
  return fixed;
}

Switch read_switch(Section& section, const std::string& key) {
  if (section.is_text(key) && parse_flag(section.text(key))) return section.flag(key) ? Switch::on : Switch::off;
  section.choice(key, {"auto", "on", "off"}, "auto");
  return Switch::automatic;
}

bool is_device(const std::string& name) {
  if (name == "cpu" || name == "cuda") return true;
  const std::string index = name.starts_with("cuda:") ? name.substr(5) : "";
  return !index.empty() && index.size() < 4 && index.find_first_not_of("0123456789") == index.npos;
}

}  // namespace

void read_eta(Section& sampler, SamplerOptions& options) {
  if (options.dynamics == Dynamics::sde) {
    options.eta = sampler.number("eta", options.eta);
    if (options.eta < 0 || options.eta > 1)
      sampler.fail("eta", "must be from 0 (the ODE) to 1 (the reverse SDE), got " + shortest(options.eta));
  } else if (sampler.has("eta")) {
    sampler.fail("eta", "is for the reverse SDE; set dynamics: sde, or leave eta out");
  }
}

void read_method(Section& sampler, SamplerOptions& options, const MethodNames& methods) {
  options.method = method_named(sampler.choice("method", methods, std::string(name(options.method)))).value();
}

void read_order(Section& sampler, SamplerOptions& options) {
  const Orders known = orders(options.method, options.dynamics);
  if (!sampler.has("order")) return;
  if (known.most == 0)
    sampler.fail("order", "is for " + method_list([](Method m) { return orders(m).most > 0; }) + "; " +
                              std::string(name(options.method)) + " has its own");
  if (sampler.is_text("order"))
    sampler.choice("order", {"auto"}, "auto");
  else
    options.order = static_cast<int>(read_whole(sampler, "order", 1, known.most, known.usual));
}

void read_solver_type(Section& sampler, SamplerOptions& options) {
  if (options.method != Method::unipc) {
    if (sampler.has("solver_type")) sampler.fail("solver_type", "is for unipc");
    return;
  }
  const bool first = sampler.choice("solver_type", {"bh1", "bh2"}, "bh2") == "bh1";
  options.solver_type = first ? SolverType::bh1 : SolverType::bh2;
}

void read_guard(Section& sampler, SamplerOptions& options) {
  GuardOptions& guard = options.guard;
  const bool sde = options.dynamics == Dynamics::sde;
  if (!sampler.is_map("guard")) {
    guard.enabled = sampler.flag("guard", !sde);
    return;
  }
  Section section = sampler.section("guard");
  const std::string profile = section.text("profile", "auto");
  if (sde && profile != "auto")
    section.fail("profile", "is for dynamics: ode; the reverse SDE has no guard, leave it out");
  const auto names = {"auto", "plan", "shipped", "pilot", "full", "default"};
  const bool name = std::ranges::find(names, profile) != names.end();
  guard.profile = name ? profile : section.path("profile");
  if (!section.has("quantile") || (section.is_text("quantile") && section.text("quantile") == "auto")) {
    section.text("quantile", "auto");
  } else {
    const std::string sentence = "must be auto or a number between 0 and 1, got ";
    if (section.is_text("quantile")) section.fail("quantile", sentence + printable(section.text("quantile")));
    guard.quantile = section.number("quantile");
    if (!(guard.quantile > 0 && guard.quantile < 1)) section.fail("quantile", sentence + shortest(guard.quantile));
  }
  guard.redo = read_switch(section, "redo");
  guard.events = true;
  guard.measure_all = section.is_text("events") && section.text("events") == "measured";
  if (!guard.measure_all) guard.events = section.flag("events", true);
  section.finish();
}

void read_steps(Section& sampler, SamplerOptions& options) { options.steps = steps_of(sampler, options); }

void read_device(Section& section, RunSettings& run) {
  run.device = section.text("device", run.device);
  if (!is_device(run.device)) section.choice("device", {"cpu", "cuda", "cuda:K"});
}

/// A network is called with whole batches: no more rows than the whole run has, whatever part of it is done here.
void read_batch(Section& section, RunSettings& run) {
  const auto that_holds = [](std::int64_t count) {
    return static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(std::clamp<std::int64_t>(count, 1, 256))));
  };
  run.batch = static_cast<int>(read_whole(section, "batch", 1, largest_int, that_holds(run.count)));
  run.measured_batch = that_holds((run.count + measured_every - 1 - first_measured) / measured_every);
}

void read_grid(Section& section, OutputSettings& output) {
  if (!section.is_list("grid")) {
    output.grid = read_switch(section, "grid");
    return;
  }
  const auto size = section.integers("grid");
  const auto fits = [](std::int64_t n) { return n >= 1 && n <= 1000; };
  if (size.size() != 2 || !fits(size[0]) || !fits(size[1]))
    section.fail("grid", "must be auto, on, off or [rows, columns], each from 1 to 1000");
  output.grid = Switch::on;
  output.grid_rows = static_cast<int>(size[0]), output.grid_columns = static_cast<int>(size[1]);
}

SamplerOptions read_sampler(Section sampler, const MethodNames& methods) {
  SamplerOptions options;
  read_keys(sampler, sampler_keys, options, methods);
  return options;
}

void set_steps(ConfigNode& root, const std::string& count, const std::string& file) {
  const ConfigNode* sampler = root.find("sampler");
  const ConfigNode* steps = sampler ? sampler->find("steps") : nullptr;
  const bool map = steps && steps->kind == ConfigNode::Kind::map;
  set_value(root, (map ? "sampler.steps.count=" : "sampler.steps=") + count, file);
}

RunConfig::RunConfig(const ConfigNode& root, const std::string& name, const std::vector<std::string>& methods)
    : file(name), root_(name, "", root) {
  for (const char* section : {"model", "process"}) (void)root_.section(section);
  sampler = read_sampler(root_.section("sampler"), methods);
  Section run_section = root_.section("run"), output_section = root_.section("output");
  read_keys(run_section, run_keys, run);
  read_keys(output_section, output_keys, output);
  for (const char* key : {"methods", "reference", "data", "distances", "encode", "inspect"})
    root_.ignore(key);  // of other commands
  root_.finish();
}

}  // namespace shockstep
