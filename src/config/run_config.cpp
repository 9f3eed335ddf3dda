#include "config/run_config.hpp"

#include "config/yaml.hpp"
#include "core/text.hpp"
#include "stepper/grid_plan.hpp"
#include "stepper/method_spec.hpp"

#include <algorithm>
#include <limits>

namespace shockstep {
namespace {

constexpr std::int64_t max_trajectories = 100'000'000'000;  // a bit of memory each
constexpr std::int64_t max_index = std::int64_t{1} << 53;
constexpr std::int64_t max_int = std::numeric_limits<int>::max();

int bounded_int(Section& section, const std::string& key, std::int64_t least, std::int64_t most,
                std::optional<std::int64_t> fallback = {}) {
  const std::int64_t value = section.integer_at_least(key, least, fallback);
  if (value > most) section.fail(key, "must be at most " + std::to_string(most) + ", got " + std::to_string(value));
  return static_cast<int>(value);
}

constexpr const char* alias_of_fitted = "burgers";
constexpr int usual_sde_count = 50;  // docs/sde.md says what that leaves

/// Where steps has a number alone.
Schedule usual_schedule(Dynamics dynamics) {
  return dynamics == Dynamics::sde ? Schedule::tapered : Schedule::log_sigma;
}

void read_dynamics(Section& sampler, SamplerOptions& options) {
  if (sampler.choice("dynamics", {"ode", "sde"}, "ode") == "sde") {
    options.dynamics = Dynamics::sde;
    options.eta = sampler.number("eta", options.eta);
    if (options.eta < 0 || options.eta > 1)
      sampler.fail("eta", "must be from 0 (the ODE) to 1 (the reverse SDE), got " + shortest(options.eta));
  } else if (sampler.has("eta")) {
    sampler.fail("eta", "is for the reverse SDE; set dynamics: sde, or leave eta out");
  }
}

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
  fixed.count = bounded_int(steps, "count", fewest_steps, most_steps, usual_count);
  if (fixed.schedule == Schedule::karras)
    fixed.rho = steps.positive("rho", fixed.rho);
  else if (steps.has("rho"))
    steps.fail("rho", "is for the schedule karras; " + schedule + " has none");
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

/// Steps as a word: adaptive and auto are the only ones, but others come to mind.
std::optional<FixedSteps> read_steps_word(Section& sampler, const SamplerOptions& options) {
  const std::string word = sampler.text("steps", "adaptive");
  if (word == "adaptive") return std::nullopt;
  if (word == "auto") return automatic_steps(options);
  for (const auto& kind : schedule_kinds())
    if (word == kind.name) sampler.fail("steps", "needs a number of steps; write {schedule: " + word + ", count: 20}");
  const auto meant = nearest(word, {"adaptive", "auto"});
  sampler.fail("steps", "must be adaptive, auto, a number of steps or {schedule: log_sigma, count: 20}, got " +
                            printable(word) + (meant ? "; did you mean " + *meant + "?" : ""));
}

/// adaptive, auto, a number of steps, {schedule, count, ...}, {sigmas} or {file}; none: adaptive, on the SDE the usual grid.
std::optional<FixedSteps> read_steps(Section& sampler, const SamplerOptions& options) {
  if (sampler.is_list("steps")) sampler.fail("steps", "must be a map; write steps: {sigmas: [...]}");
  const bool usual = !sampler.has("steps"), sde = options.dynamics == Dynamics::sde;
  if (sampler.is_text("steps") || (usual && !sde)) return read_steps_word(sampler, options);
  FixedSteps fixed;
  if (!usual && !sampler.is_map("steps")) {
    fixed.schedule = usual_schedule(options.dynamics);
    fixed.count = bounded_int(sampler, "steps", fewest_steps, most_steps, fixed.count);
    return fixed;
  }
  Section steps = sampler.section("steps");
  for (const char* key : {"schedule", "count", "rho", "sigmas", "file"})
    steps.ignore(key);  // known, if not in this form
  const char* whole = steps.has("sigmas") ? "sigmas" : steps.has("file") && !steps.has("schedule") ? "file" : nullptr;
  if (whole) {
    for (const char* key : {"schedule", "count", "rho", "file"})
      if (steps.has(key) && std::string(key) != whole)
        steps.fail(key, std::string("cannot stand beside ") + whole + ", which says all");
    if (steps.has("sigmas"))
      fixed.sigmas = read_sigmas(steps);
    else
      read_sigmas_file(steps, fixed);
  } else {
    fixed = read_schedule(steps, options.dynamics, usual ? std::optional<std::int64_t>(usual_sde_count) : std::nullopt);
  }
  steps.finish();
  return fixed;
}

void read_order(Section& sampler, SamplerOptions& options) {
  const Orders known = orders(options.method, options.dynamics);
  if (!sampler.has("order")) return;
  if (known.most == 0)
    sampler.fail("order", "is for " + method_list([](const MethodSpec& m) { return m.orders.most > 0; }) + "; " +
                              std::string(name(options.method)) + " has its own");
  if (sampler.is_text("order"))
    sampler.choice("order", {"auto"}, "auto");
  else
    options.order = bounded_int(sampler, "order", 1, known.most, known.usual);
}

void read_solver_type(Section& sampler, SamplerOptions& options) {
  if (options.method != Method::unipc) {
    if (sampler.has("solver_type")) sampler.fail("solver_type", "is for unipc");
    return;
  }
  const bool first = sampler.choice("solver_type", {"bh1", "bh2"}, "bh2") == "bh1";
  options.solver_type = first ? SolverType::bh1 : SolverType::bh2;
}

Switch read_switch(Section& section, const std::string& key) {
  if (section.is_text(key) && parse_flag(section.text(key))) return section.flag(key) ? Switch::on : Switch::off;
  section.choice(key, {"auto", "on", "off"}, "auto");
  return Switch::automatic;
}

GuardOptions read_guard(Section& sampler, Dynamics dynamics) {
  GuardOptions guard;
  const bool sde = dynamics == Dynamics::sde;
  if (!sampler.is_map("guard")) {
    guard.enabled = sampler.flag("guard", !sde);
    return guard;
  }
  Section section = sampler.section("guard");
  const std::string profile = section.text("profile", "auto");
  if (sde && profile != "auto")
    section.fail("profile", "is for dynamics: ode; the reverse SDE has no guard, leave it out");
  const bool name = profile == "auto" || profile == "default" || profile == "pilot";
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
  guard.events = section.flag("events", true);
  section.finish();
  return guard;
}

bool is_device(const std::string& name) {
  if (name == "cpu" || name == "cuda") return true;
  const std::string index = name.starts_with("cuda:") ? name.substr(5) : "";
  return !index.empty() && index.size() < 4 && index.find_first_not_of("0123456789") == index.npos;
}

RunSettings read_run(Section section) {
  RunSettings run;
  run.count = section.integer_at_least("count", 1, run.count);
  run.first = section.integer_at_least("first", 0, run.first);
  if (run.count > max_trajectories)
    section.fail("count", "must be at most " + std::to_string(max_trajectories) + ", got " + std::to_string(run.count));
  if (run.first > max_index)
    section.fail("first", "must be at most " + std::to_string(max_index) + ", got " + std::to_string(run.first));
  run.seed = static_cast<std::uint64_t>(section.integer_at_least("seed", 0, 0));
  run.batch = bounded_int(section, "batch", 1, max_int, run.batch);
  run.device = section.text("device", run.device);
  if (!is_device(run.device)) section.choice("device", {"cpu", "cuda", "cuda:K"});
  run.threads = bounded_int(section, "threads", 0, 4096, run.threads);
  run.dtype = section.choice("dtype", {"float32", "float64", "float16", "bfloat16"}, run.dtype);
  section.finish();
  return run;
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

OutputSettings read_output(Section section) {
  OutputSettings output;
  output.samples = section.choice("samples", {"npy", "none"}, "npy") == "npy";
  read_grid(section, output);
  output.steps = section.integer_at_least("steps", 0, output.steps);
  output.report = section.choice("report", {"html", "none"}, "html") == "html";
  output.events = section.choice("events", {"jsonl", "none"}, "jsonl") == "jsonl";
  output.journal = section.flag("journal", true);
  section.finish();
  return output;
}

}  // namespace

SamplerOptions read_sampler(Section sampler, const std::vector<std::string>& methods) {
  SamplerOptions options;
  read_dynamics(sampler, options);
  options.method = method_named(sampler.choice("method", methods, "multistep")).value();
  read_order(sampler, options);
  read_solver_type(sampler, options);
  options.tolerance = sampler.positive("tolerance", options.tolerance);
  options.guard = read_guard(sampler, options.dynamics);
  options.max_evaluations = bounded_int(sampler, "max_evaluations", 2, max_int, options.max_evaluations);
  options.final = sampler.choice("final", {"denoise", "keep"}, "denoise") == "keep" ? Final::keep : Final::denoise;
  options.steps = read_steps(sampler, options);
  sampler.finish();
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
  run = read_run(root_.section("run"));
  output = read_output(root_.section("output"));
  for (const char* key : {"methods", "reference", "data", "distances", "encode", "inspect"})
    root_.ignore(key);  // of other commands
  root_.finish();
}

}  // namespace shockstep
