/// report.html of inspect.
#pragma once

#include "config/settings.hpp"
#include "output/inspection.hpp"
#include "output/report/known_model.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace shockstep {

struct InspectPage {
  std::string title;
  std::vector<std::int64_t> shape;    ///< of a sample
  KnownModel known{};                 ///< whose modes the tree is of
  bool fitted = false;                ///< `known` is a mixture at the clusters, not the model
  std::span<const double> samples{};  ///< [count, *shape]; empty where the analyses did not come to them
};

/// What the page shows: as a run's (run_report.hpp) {title, sigma, finished, summary, samples, events, decisions, exponents}, and
/// {inspect: {tree, sentences, figures: as described_figure.hpp says, tables: [{key, title, explain, columns, rows}]}}.
nlohmann::ordered_json inspect_report(const InspectFacts& facts, const OutputSettings& settings,
                                      const InspectPage& page);

}  // namespace shockstep
