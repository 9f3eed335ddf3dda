#include "fit/descriptions.hpp"

#include "core/text.hpp"
#include "model/network.hpp"
#include "model/parametrisation.hpp"

#include <shockstep/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace shockstep {
namespace {

constexpr std::array every_prediction{Predicts::denoised, Predicts::noise, Predicts::velocity,
                                      Predicts::flow,     Predicts::score, Predicts::edm};

const char* meaning(Predicts predicts) {
  switch (predicts) {
    case Predicts::noise: return "noise";
    case Predicts::velocity: return "a velocity";
    case Predicts::flow: return "a flow";
    case Predicts::score: return "a score";
    case Predicts::edm: return "the raw network of EDM";
    case Predicts::denoised: break;
  }
  return "denoised data";
}

struct Time {
  TimeInput input;
  double scale = 1;
  bool operator==(const Time&) const = default;
  std::string text() const { return std::string(name(input)) + (scale == 1 ? "" : " times " + shortest(scale)); }
};

struct NamedProcess {
  std::string text;  // in YAML
  Process process;
};

// The usual ones, each with its own range.
std::vector<NamedProcess> usual_processes() {
  return {{"{kind: ve}", VarianceExploding{}},
          {"{kind: flow, data_at: 0}", FlowMatching{}},
          {"{kind: flow, data_at: 1}", FlowMatching{.data_at = 1}},
          {"{kind: vp_linear, beta_start: 1.0e-4, beta_end: 0.02, steps: 1000}", linear_table()},
          {"{kind: vp_linear}", VpLinear{}},
          {"{kind: vp_cosine}", VpCosine{}},
          {"{kind: vp_cosine, steps: 1000}", cosine_table()},
          {"{kind: vp_linear, beta_start: 0.00085, beta_end: 0.012, steps: 1000, beta_schedule: scaled_linear}",
           linear_table(.00085, .012, 1000, BetaSpacing::scaled_linear)},
          {"{kind: sub_vp}", SubVp{}}};
}

// D in numbers at some levels: what a network is told there and how its answer is read.
using Figures = std::vector<double>;

std::optional<Figures> figures(const NetworkOptions& options, const Process& process,
                               const std::vector<double>& sigmas) {
  try {
    const Parametrisation parametrisation(options, process);
    Figures out;
    for (const double sigma : sigmas) {
      const auto [in, time, skip, scale] = parametrisation.at(sigma);
      out.insert(out.end(), {in, time, skip, scale});
    }
    return out;
  } catch (const ConfigError&) {
    return std::nullopt;  // the process has no such time, or edm scales its own input
  }
}

// Closer than a network can tell.
bool same(const Figures& a, const Figures& b) {
  return std::ranges::equal(a, b,
                            [](double u, double v) { return std::abs(u - v) <= 1e-6 * (std::abs(u) + std::abs(v)); });
}

Time time_of(const NetworkOptions& options) {
  return {options.time.value_or(options.predicts == Predicts::edm ? TimeInput::edm : TimeInput::sigma),
          options.time_scale};
}

}  // namespace

std::vector<Description> other_descriptions(const NetworkOptions& stated, const Process& process) {
  constexpr double usual_data_std = .5;  // Karras et al. 2022, table 1
  const Time stated_time = time_of(stated);
  std::vector<Time> times{{TimeInput::sigma},   {TimeInput::log_sigma}, {TimeInput::edm},         {TimeInput::t},
                          {TimeInput::t, 1000}, {TimeInput::index},     {TimeInput::index_over_N}};
  if (std::ranges::find(times, stated_time) == times.end()) times.push_back(stated_time);
  std::vector<NamedProcess> processes{{"", process}};
  for (NamedProcess& usual : usual_processes()) processes.push_back(std::move(usual));

  // Where D is compared: inside the range of every process.
  std::vector<double> sigmas;
  for (const double sigma : {.05, .3, 1., 3., 10.})
    sigmas.push_back(std::clamp(sigma, process.sigma_min(), process.sigma_max()));
  std::vector<Figures> known{figures(stated, process, sigmas).value()};
  std::vector<Description> found;
  for (const auto& [text, other] : processes)
    for (const Predicts predicts : every_prediction)
      for (const Time& time : times)
        for (const ScaleInput scale : {ScaleInput::none, ScaleInput::process}) {
          Description d{.options = stated, .process = other, .same_process = text.empty()};
          d.options.predicts = predicts, d.options.time = time.input, d.options.time_scale = time.scale;
          d.options.scale_input = scale;
          if (predicts == Predicts::edm && !(stated.data_std > 0)) d.options.data_std = usual_data_std;
          const auto change = [&](const std::string& setting, const std::string& sentence) {
            ++d.changes, d.settings.push_back(setting), d.sentences.push_back(sentence);
          };
          if (predicts != stated.predicts)
            change(std::string("model.predicts: ") + name(predicts),
                   std::string("this looks like ") + meaning(predicts) + ", not " + meaning(stated.predicts));
          if (time != stated_time) {
            change(std::string("model.time: ") + name(time.input),
                   "its time looks like " + time.text() + ", not " + stated_time.text());
            if (time.scale != stated_time.scale) d.settings.push_back("model.time_scale: " + shortest(time.scale));
          }
          if (scale != stated.scale_input)
            change(std::string("model.scale_input: ") + (scale == ScaleInput::process ? "process" : "none"),
                   scale == ScaleInput::process ? "its input looks like x_t = alpha x, not x"
                                                : "its input looks like x, not x_t = alpha x");
          if (!text.empty()) change("process: " + text, "its process looks like " + text);
          if (d.options.data_std != stated.data_std)
            d.settings.push_back("model.data_std: " + shortest(usual_data_std));
          if (d.changes > 0) found.push_back(std::move(d));
        }
  std::ranges::stable_sort(found, {}, [](const Description& d) { return std::pair(!d.near(), d.changes); });
  std::vector<Description> out;
  for (Description& d : found) {
    const auto D = figures(d.options, d.process, sigmas);
    if (!D || std::ranges::any_of(known, [&](const Figures& k) { return same(k, *D); })) continue;
    known.push_back(*D);
    out.push_back(std::move(d));
  }
  return out;
}

}  // namespace shockstep
