#include "config/run_config.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <limits>

namespace shockstep {
namespace {

constexpr std::int64_t max_int = std::numeric_limits<int>::max();

int bounded_int(Section& section, const std::string& key, std::int64_t least, std::int64_t most,
                std::int64_t fallback) {
  const std::int64_t value = section.integer_at_least(key, least, fallback);
  if (value > most) section.fail(key, "must be at most " + std::to_string(most) + ", got " + std::to_string(value));
  return static_cast<int>(value);
}

// `name` is a documented setting that this version cannot do yet.
[[noreturn]] void not_yet(const Section& section, const std::string& key, const std::string& name,
                          const std::string& now) {
  section.fail(key, name + " is not in this version yet; must be " + now);
}

Method read_method(Section& sampler, const std::vector<std::string>& methods) {
  static const std::vector<std::string> planned = {"heun",  "euler", "dpmpp_2m",  "dpmpp_3m",
                                                   "unipc", "deis",  "ancestral", "dpmpp_2m_sde"};
  std::vector<std::string> known = methods;
  for (const auto& name : planned)
    if (std::find(methods.begin(), methods.end(), name) == methods.end()) known.push_back(name);
  const std::string method = sampler.choice("method", known, "multistep");
  if (std::find(methods.begin(), methods.end(), method) == methods.end())
    not_yet(sampler, "method", method, (methods.size() > 1 ? "one of " : "") + join(methods));
  return method_named(method).value();
}

Switch read_switch(Section& section, const std::string& key) {
  if (section.is_text(key) && parse_flag(section.text(key))) return section.flag(key) ? Switch::on : Switch::off;
  section.choice(key, {"auto", "on", "off"}, "auto");
  return Switch::automatic;
}

GuardOptions read_guard(Section& sampler) {
  GuardOptions guard;
  if (!sampler.is_map("guard")) {
    guard.enabled = sampler.flag("guard", true);
    return guard;
  }
  Section section = sampler.section("guard");
  const std::string profile = section.text("profile", "auto");
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

SamplerOptions read_sampler(Section sampler, const std::vector<std::string>& methods) {
  SamplerOptions options;
  if (sampler.choice("dynamics", {"ode", "sde"}, "ode") == "sde") not_yet(sampler, "dynamics", "sde", "ode");
  if (sampler.has("eta") && sampler.number("eta") < 0) sampler.fail("eta", "must not be negative");
  options.method = read_method(sampler, methods);
  if (options.method != Method::multistep && sampler.has("order"))
    sampler.fail("order", "is for the multistep; " + std::string(name(options.method)) + " has its own");
  if (sampler.is_text("order"))
    sampler.choice("order", {"auto"}, "auto");
  else if (sampler.has("order"))
    options.order = bounded_int(sampler, "order", 1, 5, 3);
  if (sampler.is_map("steps") || sampler.is_list("steps") || (sampler.has("steps") && !sampler.is_text("steps")))
    not_yet(sampler, "steps", "a fixed schedule", "adaptive");
  if (sampler.choice("steps", {"adaptive", "auto"}, "adaptive") == "auto")
    not_yet(sampler, "steps", "auto", "adaptive");
  options.tolerance = sampler.positive("tolerance", options.tolerance);
  options.guard = read_guard(sampler);
  options.max_evaluations = bounded_int(sampler, "max_evaluations", 2, max_int, options.max_evaluations);
  options.final = sampler.choice("final", {"denoise", "keep"}, "denoise") == "keep" ? Final::keep : Final::denoise;
  sampler.finish();
  return options;
}

bool is_device(const std::string& name) {
  if (name == "cpu" || name == "cuda") return true;
  const std::string index = name.starts_with("cuda:") ? name.substr(5) : "";
  return !index.empty() && index.size() < 4 && index.find_first_not_of("0123456789") == index.npos;
}

RunSettings read_run(Section section) {
  RunSettings run;
  run.count = section.integer_at_least("count", 1, run.count);
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
  section.finish();
  return output;
}

}  // namespace

RunConfig::RunConfig(const ConfigNode& root, const std::string& name, const std::vector<std::string>& methods)
    : file(name), root_(name, "", root) {
  for (const char* section : {"model", "process"}) (void)root_.section(section);
  sampler = read_sampler(root_.section("sampler"), methods);
  run = read_run(root_.section("run"));
  output = read_output(root_.section("output"));
  for (const char* key : {"methods", "reference", "data"}) root_.ignore(key);  // for the command compare
  root_.finish();
}

}  // namespace shockstep
