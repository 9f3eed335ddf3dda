#include <shockstep/encoder.hpp>
#include <shockstep/registry.hpp>

#include "cli/arrays.hpp"
#include "cli/cache.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress_observer.hpp"
#include "cli/report.hpp"
#include "cli/run_folder.hpp"
#include "cli/setup.hpp"
#include "config/encode_config.hpp"
#include "core/npy.hpp"
#include "log/log.hpp"
#include "output/encoding.hpp"
#include "output/file.hpp"
#include "run/facts.hpp"
#include "run/fit.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

namespace shockstep::cli {
namespace {

std::vector<EncodedRow> rows_of(const EncodeResult& result) {
  std::vector<EncodedRow> rows;
  for (std::size_t i = 0; i < result.reports.size(); ++i)
    rows.push_back({result.reports[i], result.log_likelihood[i], result.standard_error[i], result.quadrature_error[i]});
  return rows;
}

void write_latents(const std::string& path, const at::Tensor& latents) {
  NpyWriter writer(path, {latents.sizes().begin(), latents.sizes().end()}, NpyType::float64);
  const auto n = static_cast<std::size_t>(latents.numel() / latents.size(0));
  for (std::int64_t i = 0; i < latents.size(0); ++i)
    writer.write_row(i, {latents.const_data_ptr<double>() + i * static_cast<std::int64_t>(n), n});
  writer.close();
}

/// The data, or as many of their first rows as --count says; run.count of the config is about samples.
at::Tensor data_of(const Options& options, const RunConfig& config, const ScoreModel& model) {
  at::Tensor data = read_rows(options.data, model.shape());
  if (!gives(options, "run.count")) return data;
  if (config.run.count > data.size(0))
    throw ConfigError("--count", "must be at most the " + std::to_string(data.size(0)) + " rows of --data, got " +
                                     std::to_string(config.run.count));
  return data.narrow(0, 0, config.run.count);
}

}  // namespace

int encode(const Options& options) {
  const auto begin = Clock::now();
  watch_interrupts();
  const ConfigNode root = read_root(options);
  RunConfig config(root, options.config, method_names());
  const EncodeOptions wanted = read_encode(root, options.config);
  const Inputs inputs = make_inputs(config);
  const auto& [process, model] = inputs;
  const at::Tensor data = data_of(options, config, *model);

  const RunFolder folder(options);
  log::open(folder.at("run.log"));
  set_caches(config, config.sampler, *model);
  log::info("shockstep " SHOCKSTEP_VERSION ", " + config.file + ", encode " + printable(options.data, 1000) + ", " +
            std::to_string(data.size(0)) + " rows");
  log::info("model: " + model->describe());
  InterruptObserver before;
  const Encoder encoder =
      with_file(config.file, [&] { return Encoder(model, process, config.sampler, wanted, &before); });

  EncodeFacts facts;
  facts.setup = run_setup(config, options, *model);
  facts.setup.seconds = seconds_since(begin);
  facts.data = options.data;
  facts.dimension = model->dimension();
  facts.sigma_min = process.sigma_min();
  facts.tolerance = config.sampler.tolerance;
  facts.directions = encoder.directions();
  facts.exact_trace = encoder.exact_trace();
  facts.warnings = model_warnings(model, process, config.sampler.scales_cache, config.run);

  EncodeResult result;
  {
    Progress progress(data.size(0), !options.quiet);
    ProgressObserver observer(progress);
    result = with_file(config.file, [&] {
      return encoder.encode({.data = data,
                             .seed = config.run.seed,
                             .batch = config.run.batch,
                             .threads = config.run.threads,
                             .observer = &observer});
    });
  }
  if (interrupted()) log::warning("interrupted; writing what is done");
  facts.latent_rms = result.latent_rms();
  for (auto& sentence : encode_warnings(result, *model, wanted.likelihood))
    facts.warnings.push_back(std::move(sentence));
  const auto rows = rows_of(result);
  write_latents(folder.at("latents.npy"), result.latents);
  std::vector<std::string> files{"latents.npy"};
  if (facts.directions > 0) {
    write_file(folder.at("log_likelihood.csv"), log_likelihood_csv(rows, facts.dimension));
    files.push_back("log_likelihood.csv");
  }
  write_file(folder.at("summary.json"), encode_json(facts, rows, result.statistics));
  files.insert(files.end(), {"summary.json", "run.log"});
  for (const auto& sentence : facts.warnings) log::warning(sentence);
  print_result(folder.path(), files, result.statistics);
  std::printf("latents: root mean square %.4f\n", facts.latent_rms);
  if (facts.directions > 0) {
    const MeanLikelihood mean = mean_likelihood(rows);
    std::printf("log-likelihood: mean %.6g nats (standard error %.2g), %.5g bits per dimension, at sigma %g\n",
                mean.nats, mean.standard_error, bits_per_dimension(mean.nats, facts.dimension), facts.sigma_min);
  }
  return exit_code(result.statistics, interrupted());
}

}  // namespace shockstep::cli
