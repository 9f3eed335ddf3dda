// A run's settings: defaults, every key of sampler, run and output, and every error by its exact line.
#include "config/keys.hpp"
#include "config/run_config.hpp"
#include "config/yaml.hpp"
#include "stepper/method_spec.hpp"
#include "support/test.hpp"

#include <shockstep/error.hpp>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <set>

using namespace shockstep;

namespace {

const std::vector<std::string> methods = {"multistep", "dopri5", "heun", "unipc", "lms"};

RunConfig read(const std::string& yaml) { return {parse_yaml(yaml, "configs/x.yaml"), "configs/x.yaml", methods}; }

RunConfig with(const std::string& assignment) {
  ConfigNode root;
  set_value(root, assignment, "configs/x.yaml");
  return {root, "configs/x.yaml", methods};
}

struct Wrong {
  const char* assignment;
  std::string sentence;
};

std::string schedules() {
  std::string names;
  for (const auto& kind : schedule_kinds()) names += kind.name + std::string(", ");
  return names;
}

}  // namespace

TEST_CASE("defaults") {
  const RunConfig c = read("");
  CHECK(c.sampler.method == Method::multistep);
  CHECK(c.sampler.order == 0);
  CHECK(c.sampler.tolerance == 1e-2);
  CHECK(c.sampler.max_evaluations == 1000);
  CHECK(c.sampler.final == Final::denoise);
  CHECK(c.sampler.guard.enabled);
  CHECK(c.sampler.guard.profile == "auto");
  CHECK(c.sampler.guard.redo == Switch::automatic);
  CHECK(c.run.count == 1024);
  CHECK(c.run.batch == 256);
  CHECK(c.run.device == "cpu");
  CHECK(c.run.state == StateMemory::automatic);
  CHECK(c.run.in_flight == 0);
  CHECK(c.output.steps == 64);
  CHECK(c.output.samples);
}

TEST_CASE("every key") {
  const RunConfig c = read(
      "sampler: {dynamics: ode, method: multistep, order: 5, steps: adaptive, tolerance: 1.0e-3, "
      "max_evaluations: 50, final: keep,\n"
      "          guard: {profile: p.json, quantile: 0.9, redo: off, events: no}}\n"
      "run: {count: 1e4, seed: 7, batch: 8, device: 'cuda:1', threads: 2, dtype: bfloat16, "
      "state: device, in_flight: 2}\n"
      "output: {samples: none, grid: [2, 3], steps: 0, report: none, events: none}\n");
  CHECK(c.sampler.order == 5);
  CHECK(c.sampler.tolerance == 1e-3);
  CHECK(c.sampler.max_evaluations == 50);
  CHECK(c.sampler.final == Final::keep);
  CHECK(c.sampler.guard.profile == "configs/p.json");
  CHECK(c.sampler.guard.quantile == .9);
  CHECK(c.sampler.guard.redo == Switch::off);
  CHECK_FALSE(c.sampler.guard.events);
  CHECK(c.run.count == 10000);
  CHECK(c.run.seed == 7);
  CHECK(c.run.device == "cuda:1");
  CHECK(c.run.threads == 2);
  CHECK(c.run.state == StateMemory::device);
  CHECK(c.run.in_flight == 2);
  CHECK(c.run.dtype == "bfloat16");
  CHECK_FALSE(c.output.samples);
  CHECK(c.output.grid_columns == 3);
  CHECK(c.output.steps == 0);
  CHECK_FALSE(c.output.events);
}

TEST_CASE("a row for each key: it is in effect, and what is said of it can be read") {
  std::set<std::string> keys, options;
  for_each_key([&](const auto& row) {
    const auto& [section, name, meaning, changes, measured, option, type] = row.key;
    const std::string key = std::string(section) + "." + name, usual = default_of(row, methods);
    INFO(key);
    CHECK(keys.insert(key).second);
    CHECK_FALSE((row.values().empty() || std::string(meaning).empty()));
    if (*option) {
      CHECK(options.insert(option).second);
      CHECK(*type);
    }
    if (usual.empty()) return;  // it depends on others
    ConfigNode given;
    given.child(name) = ConfigNode::literal(usual);
    Section again("x.yaml", section, given);
    typename std::remove_cvref_t<decltype(row)>::Settings settings, defaults;
    row.read(again, settings, methods);
    CHECK(again.resolved().find(name)->scalar == usual);
    CHECK(row.text(settings) == row.text(defaults));
  });
  const ConfigNode resolved = read("").resolved();
  for (const char* section : {"sampler", "run", "output"})
    for (const auto& [name, value] : resolved.find(section)->map)
      CHECK(keys.contains(std::string(section) + "." + name));
  CHECK(options.contains("--tolerance"));
}

TEST_CASE("the guard in short") {
  CHECK_FALSE(with("sampler.guard=off").sampler.guard.enabled);
  CHECK(with("sampler.guard=on").sampler.guard.enabled);
  CHECK(with("sampler.guard.profile=default").sampler.guard.profile == "default");
  CHECK(with("sampler.guard.quantile=auto").sampler.guard.quantile == 0);
  CHECK(with("sampler.guard.redo=on").sampler.guard.redo == Switch::on);
}

TEST_CASE("a method by its name") { CHECK(with("sampler.method=dopri5").sampler.method == Method::dopri5); }

TEST_CASE("an order for a method that has one only names those that have several") {
  const std::string several = method_list([](Method method) { return orders(method).most > 0; });
  CHECK(several.starts_with("multistep, deis, "));
  CHECK_THROWS_WITH(with("sampler={method: dopri5, order: 5}"),
                    "configs/x.yaml: sampler.order: is for " + several + "; dopri5 has its own");
}

TEST_CASE("fixed steps") {
  CHECK_FALSE(with("sampler.steps=adaptive").sampler.steps);
  const auto twenty = with("sampler.steps=20").sampler.steps.value();
  CHECK(twenty.schedule == Schedule::plan);
  CHECK(twenty.count == 20);
  const auto karras = with("sampler.steps={schedule: karras, count: 12, rho: 5}").sampler.steps.value();
  CHECK(karras.schedule == Schedule::karras);
  CHECK(karras.count == 12);
  CHECK(karras.rho == 5);
  CHECK(with("sampler.steps.sigmas=[80, 1, 0.1]").sampler.steps->sigmas == std::vector<double>{80, 1, .1});
  const RunConfig c = with("sampler={method: unipc, order: 3, solver_type: bh1, steps: {count: 9}}");
  CHECK(c.sampler.method == Method::unipc);
  CHECK(c.sampler.order == 3);
  CHECK(c.sampler.solver_type == SolverType::bh1);
  CHECK(c.resolved().find("sampler")->find("steps")->find("schedule")->scalar == "plan");
}

TEST_CASE("the reverse SDE") {
  const SamplerOptions usual = with("sampler.dynamics=sde").sampler;
  CHECK(usual.dynamics == Dynamics::sde);
  CHECK(usual.eta == 1);
  CHECK(usual.steps->schedule == Schedule::tapered);
  CHECK(usual.steps->count == 50);
  CHECK_FALSE(usual.guard.enabled);
  CHECK(with("sampler.dynamics=sde").resolved().find("sampler")->find("steps")->find("count")->scalar == "50");
  CHECK(with("sampler={dynamics: sde, eta: 0.25}").sampler.eta == .25);
  CHECK(with("sampler={dynamics: sde, guard: on}").sampler.guard.enabled);
  CHECK_FALSE(with("sampler={dynamics: sde, steps: adaptive}").sampler.steps);
  CHECK(with("sampler={dynamics: sde, steps: 20}").sampler.steps->schedule == Schedule::tapered);
  CHECK(with("sampler={dynamics: sde, steps: {schedule: karras, count: 9}}").sampler.steps->schedule ==
        Schedule::karras);
  CHECK(with("sampler={dynamics: sde, steps: auto}").sampler.steps->count == 50);
  CHECK(with("sampler={dynamics: sde, steps: auto, max_evaluations: 9}").sampler.steps->schedule == Schedule::fitted);
}

TEST_CASE("a fitted schedule, and automatic steps") {
  CHECK(with("sampler.steps={schedule: fitted, count: 9}").sampler.steps->schedule == Schedule::fitted);
  CHECK(with("sampler.steps={schedule: burgers, count: 9}").sampler.steps->schedule == Schedule::fitted);
  const auto automatic = [](const std::string& method, int most) {
    return with("sampler={steps: auto, method: " + method + ", max_evaluations: " + std::to_string(most) + "}")
        .sampler.steps;
  };
  CHECK_FALSE(with("sampler.steps=auto").sampler.steps);
  CHECK_FALSE(automatic("multistep", 16));
  CHECK(automatic("multistep", 15)->schedule == Schedule::fitted);
  CHECK(automatic("multistep", 15)->count == 15);
  CHECK(automatic("heun", 15)->count == 8);    // 2 * 8 - 1 evaluations
  CHECK(automatic("dopri5", 15)->count == 3);  // 6 * 2 + 1
  CHECK_FALSE(automatic("dopri5", 6));         // no grid is so short
}

TEST_CASE("sigmas from a file that holds more") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("steps_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "schedule.yaml") << "sigmas: [80, 2, 0.5]\ntimes: [1, 2]\nfitted_to: {model: x}\n";
  std::ofstream(folder / "none.yaml") << "times: [1, 2]\n";
  const auto from = [&](const std::string& steps) {
    return RunConfig(parse_yaml("sampler: {steps: " + steps + "}", "x.yaml"), (folder / "x.yaml").string(), methods);
  };
  CHECK(from("{file: schedule.yaml}").sampler.steps->sigmas == std::vector<double>{80, 2, .5});
  const auto ays = from("{schedule: ays, file: schedule.yaml, count: 7}").sampler.steps.value();
  CHECK(ays.schedule == Schedule::ays);
  CHECK(ays.sigmas.size() == 3);
  CHECK(ays.count == 7);
  CHECK_THROWS_WITH(from("{file: none.yaml}"),
                    (folder / "none.yaml").string() + ": sigmas: missing; must be a number or a list of numbers");
  CHECK_THROWS_AS(from("{file: nowhere.yaml}"), FileError);
  std::filesystem::remove_all(folder);
}

TEST_CASE("--steps keeps the schedule of the config") {
  const auto steps = [](const std::string& yaml) {
    ConfigNode root = parse_yaml(yaml, "x.yaml");
    set_steps(root, "15", "x.yaml");
    return RunConfig(root, "x.yaml", methods).sampler.steps.value();
  };
  for (const char* none : {"", "sampler: {steps: adaptive}", "sampler: {steps: 30}", "sampler: {tolerance: 1}"}) {
    CHECK(steps(none).schedule == Schedule::plan);
    CHECK(steps(none).count == 15);
  }
  const auto karras = steps("sampler: {steps: {schedule: karras, count: 30, rho: 5}}");
  CHECK(karras.schedule == Schedule::karras);
  CHECK(karras.count == 15);
  CHECK(karras.rho == 5);
  CHECK_THROWS_WITH(steps("sampler: {steps: {sigmas: [80, 1]}}"),
                    "x.yaml: sampler.steps.count: cannot stand beside sigmas, which says all");
}

TEST_CASE("resolved settings") {
  const ConfigNode r = with("run.count=5").resolved();
  CHECK(r.find("run")->find("count")->scalar == "5");
  CHECK(r.find("run")->find("dtype")->scalar == "float32");
  CHECK(r.find("sampler")->find("guard")->scalar == "true");
}

TEST_CASE("wrong settings, one by one") {
  const auto wrong = GENERATE(values<Wrong>({
      {"sampelr.order=1", "sampelr: unknown key; did you mean sampler?"},
      {"sampler.tolerence=1", "sampler.tolerence: unknown key; did you mean tolerance?"},
      {"sampler.guard.evnts=off", "sampler.guard.evnts: unknown key; did you mean events?"},
      {"run.cuont=3", "run.cuont: unknown key; did you mean count?"},
      {"output.gird=on", "output.gird: unknown key; did you mean grid?"},
      {"run=3", "run: must be a map of settings, got 3"},
      {"model=[1]", "model: must be a map of settings, got a list"},
      {"sampler.dynamics=pde", "sampler.dynamics: must be one of ode, sde, got pde; did you mean ode?"},
      {"sampler.eta=0.5", "sampler.eta: is for the reverse SDE; set dynamics: sde, or leave eta out"},
      {"sampler={dynamics: sde, eta: -1}", "sampler.eta: must be from 0 (the ODE) to 1 (the reverse SDE), got -1"},
      {"sampler={dynamics: sde, eta: 1.5}", "sampler.eta: must be from 0 (the ODE) to 1 (the reverse SDE), got 1.5"},
      {"sampler={dynamics: sde, order: 4}", "sampler.order: must be at most 3, got 4"},
      {"sampler={dynamics: sde, guard: {profile: pilot}}",
       "sampler.guard.profile: is for dynamics: ode; the reverse SDE has no guard, leave it out"},
      {"sampler.method=ancstral", "sampler.method: must be one of multistep, dopri5, heun, unipc, lms, got ancstral"},
      {"sampler={method: unipc, order: 4}", "sampler.order: must be at most 3, got 4"},
      {"sampler.solver_type=bh1", "sampler.solver_type: is for unipc"},
      {"sampler={method: unipc, solver_type: bh3}",
       "sampler.solver_type: must be one of bh1, bh2, got bh3; did you mean bh1?"},
      {"sampler.order=0", "sampler.order: must be at least 1, got 0"},
      {"sampler.order=6", "sampler.order: must be at most 5, got 6"},
      {"sampler.order=2.5", "sampler.order: must be a whole number, got 2.5"},
      {"sampler.steps=1", "sampler.steps: must be at least 2, got 1"},
      {"sampler.steps=2.5", "sampler.steps: must be a whole number, got 2.5"},
      {"sampler.steps=1e7", "sampler.steps: must be at most 1000000, got 10000000"},
      {"sampler.steps=[80, 1]", "sampler.steps: must be a map; write steps: {sigmas: [...]}"},
      {"sampler.steps=karras", "sampler.steps: needs a number of steps; write {schedule: karras, count: 20}"},
      {"sampler.steps.schedule=karras", "sampler.steps.count: missing; must be a whole number"},
      {"sampler.steps.count=1", "sampler.steps.count: must be at least 2, got 1"},
      {"sampler.steps.count=1e10", "sampler.steps.count: must be at most 1000000, got 10000000000"},
      {"sampler.steps.cuont=5", "sampler.steps.count: missing; must be a whole number"},
      {"sampler.steps={count: 5, rha: 3}", "sampler.steps.rha: unknown key; did you mean rho?"},
      {"sampler.steps={schedule: karas, count: 5}",
       "sampler.steps.schedule: must be one of " + schedules() + "burgers, got karas; did you mean karras?"},
      {"sampler.steps={schedule: fitted, count: 5, rho: 5}",
       "sampler.steps.rho: is for the schedule karras; fitted has none"},
      {"sampler.steps=fitted", "sampler.steps: needs a number of steps; write {schedule: fitted, count: 20}"},
      {"sampler.steps={schedule: edm, count: 5, rho: 5}",
       "sampler.steps.rho: is for the schedule karras; edm has none"},
      {"sampler.steps={schedule: karras, count: 5, rho: 0}", "sampler.steps.rho: must be positive, got 0"},
      {"sampler.steps={schedule: karras, count: 5, file: a.yaml}",
       "sampler.steps.file: is for the schedule ays, or stands alone; karras reads none"},
      {"sampler.steps={schedule: ays, count: 5}", "sampler.steps.file: missing; must be text"},
      {"sampler.steps={sigmas: [80, 1], count: 5}", "sampler.steps.count: cannot stand beside sigmas, which says all"},
      {"sampler.steps={file: a.yaml, rho: 5}", "sampler.steps.rho: cannot stand beside file, which says all"},
      {"sampler.steps.sigmas=[[80, 1]]", "sampler.steps.sigmas: must be a list of numbers"},
      {"sampler.steps.sigmas=[80, x]", "sampler.steps.sigmas[1]: must be a number, got x"},
      {"sampler.steps=adaptiv",
       "sampler.steps: must be adaptive, auto, a number of steps or {schedule: log_sigma, count: 20}, got adaptiv; did "
       "you "
       "mean adaptive?"},
      {"sampler.tolerance=-1", "sampler.tolerance: must be positive, got -1"},
      {"sampler.tolerance=0", "sampler.tolerance: must be positive, got 0"},
      {"sampler.tolerance=.nan", "sampler.tolerance: must be a finite number, got .nan"},
      {"sampler.tolerance=tight", "sampler.tolerance: must be a number, got tight"},
      {"sampler.guard=maybe", "sampler.guard: must be on or off, got maybe"},
      {"sampler.guard.quantile=1", "sampler.guard.quantile: must be auto or a number between 0 and 1, got 1"},
      {"sampler.guard.quantile=high", "sampler.guard.quantile: must be auto or a number between 0 and 1, got high"},
      {"sampler.guard.redo=maybe", "sampler.guard.redo: must be one of auto, on, off, got maybe"},
      {"sampler.guard.events=3", "sampler.guard.events: must be on or off, got 3"},
      {"sampler.guard.profile=[1]", "sampler.guard.profile: must be text, got a list"},
      {"sampler.max_evaluations=1", "sampler.max_evaluations: must be at least 2, got 1"},
      {"sampler.max_evaluations=1e12", "sampler.max_evaluations: must be at most 2147483647, got 1000000000000"},
      {"sampler.final=clean", "sampler.final: must be one of denoise, keep, got clean"},
      {"run.count=0", "run.count: must be at least 1, got 0"},
      {"run.count=", "no error"},
      {"run.count='5'", "run.count: must be a whole number, got \"5\""},
      {"run.seed=-1", "run.seed: must be at least 0, got -1"},
      {"run.batch=0", "run.batch: must be at least 1, got 0"},
      {"run.device=gpu", "run.device: must be one of cpu, cuda, cuda:K, got gpu; did you mean cpu?"},
      {"run.device=cuda:x", "run.device: must be one of cpu, cuda, cuda:K, got cuda:x; did you mean cuda:K?"},
      {"run.threads=-2", "run.threads: must be at least 0, got -2"},
      {"run.in_flight=3", "run.in_flight: must be one of auto, 1, 2, got 3"},
      {"run.dtype=half", "run.dtype: must be one of float32, float64, float16, bfloat16, got half"},
      {"output.samples=hdf5", "output.samples: must be one of npy, none, got hdf5"},
      {"output.grid=[2]", "output.grid: must be auto, on, off or [rows, columns], each from 1 to 1000"},
      {"output.grid=[0, 3]", "output.grid: must be auto, on, off or [rows, columns], each from 1 to 1000"},
      {"output.steps=-1", "output.steps: must be at least 0, got -1"},
      {"output.report=pdf", "output.report: must be one of html, none, got pdf"},
      {"output.events=csv", "output.events: must be one of jsonl, none, got csv"},
  }));
  std::string what = "configs/x.yaml: no error";
  try {
    with(wrong.assignment);
  } catch (const ConfigError& e) {
    what = e.what();
  }
  CHECK(what == std::string("configs/x.yaml: ") + wrong.sentence);
}
