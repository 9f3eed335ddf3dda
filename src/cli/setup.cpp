#include "cli/setup.hpp"

#include <shockstep/error.hpp>
#include <shockstep/registry.hpp>

#include "cli/arrays.hpp"
#include "cli/content_hash.hpp"
#include "config/yaml.hpp"
#include "run/device.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace shockstep::cli {

ConfigNode read_root(const Options& options) {
  ConfigNode root = load_yaml(options.config);
  for (const auto& setting : options.settings) set_value(root, setting, options.config);
  if (!options.steps.empty()) set_steps(root, options.steps, options.config);
  return root;
}

namespace {

// make(), whose errors name the option that gave the file.
template <class Make>
auto with_option(const char* option, Make make) {
  try {
    return make();
  } catch (const FileError& error) {
    throw FileError(option, error.what());
  }
}

}  // namespace

Inputs make_inputs(RunConfig& config) {
  check_device(config.file, config.run.device);
  if (config.run.threads > 0) at::set_num_threads(config.run.threads);  // for all that precedes the run, too
  return with_file(config.file, [&]() -> Inputs {
    Process process = make_process(config.process_section());
    return {process, make_model(config.model_section(), {config.run.device, config.run.dtype, process})};
  });
}

SampleRequest make_request(const RunSettings& run, const Options& options, const ScoreModel& model) {
  SampleRequest request;
  request.count = run.count, request.first = run.first, request.seed = run.seed, request.batch = run.batch,
  request.measured_batch = run.measured_batch, request.threads = run.threads;
  request.state = run.state, request.in_flight = run.in_flight;
  std::int64_t latents = run.count;
  if (const std::int64_t points = options.interpolate; points > 0) {
    if (run.count % points != 0)
      throw ConfigError("--interpolate", "run.count must be a multiple of its " + std::to_string(points) +
                                             " rows a pair, got " + std::to_string(run.count) + "; take --count " +
                                             std::to_string(std::max<std::int64_t>(1, run.count / points) * points));
    request.interpolate = options.interpolate;
    latents = run.count / points + 1;
    if (run.first % points != 0)
      throw ConfigError("--interpolate", "run.first must be a multiple of its " + std::to_string(points) +
                                             " rows a pair, got " + std::to_string(run.first));
  }
  if (!options.noise.empty()) request.noise = read_rows(options.noise, model.shape(), latents);
  request.strength = options.strength;
  if (!options.init.empty())
    request.init = with_option("--init", [&] { return read_rows_or_one(options.init, model.shape(), run.count); });
  if (!options.mask.empty())
    request.mask = with_option("--mask", [&] { return read_mask(options.mask, model.shape()); });
  return request;
}

int threads_of(const RunSettings& run, const ScoreModel& model) {
  if (run.threads > 0) return run.threads;
  return model.exact() ? static_cast<int>(std::thread::hardware_concurrency()) : at::get_num_threads();
}

RunSetup run_setup(const RunConfig& config, const Options& options, const ScoreModel& model) {
  const auto& run = config.run;
  return {.version = SHOCKSTEP_VERSION,
          .config = config.resolved(),
          .model = model.describe(),
          .noise = options.noise,
          .init = options.init,
          .mask = options.mask,
          .content = content_hashes(config, options),
          .strength = options.strength,
          .interpolate = options.interpolate,
          .device = model.exact() ? "cpu" : run.device,
          .threads = threads_of(run, model)};
}

}  // namespace shockstep::cli
