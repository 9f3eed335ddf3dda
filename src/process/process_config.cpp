#include "core/npy.hpp"
#include "core/text.hpp"
#include "process/factories.hpp"

#include <string>

namespace shockstep {
namespace {

/// make(), whose errors get the place of the section: a process knows neither the file nor where in it it stands.
template <class Make>
auto placed(const Section& section, Make make) {
  try {
    return make();
  } catch (const ConfigError& e) {
    const std::string prefix = "process.", sentence = std::string(e.what()).substr(e.key().size() + 2);
    section.fail(e.key().substr(prefix.size()), sentence);
  }
}

/// With the range that the section asks for, by default the process's own.
template <class Options>
Process ranged(Section& section, Options options) {
  const Process own = placed(section, [&] { return Process(options); });
  options.sigma_min = section.positive("sigma_min", own.sigma_min());
  options.sigma_max = section.positive("sigma_max", own.sigma_max());
  return placed(section, [&] { return Process(options); });
}

/// Tables are made at once, continuous processes have no key of a table.
void refuse(const Section& section, std::initializer_list<const char*> keys, const std::string& sentence) {
  for (const char* key : keys)
    if (section.has(key)) section.fail(key, sentence);
}

int steps_of(Section& section) {
  return static_cast<int>(std::min<std::int64_t>(section.integer_at_least("steps", 2, 1000), 1'000'000'000));
}

}  // namespace

Process ve_from(Section& section) { return ranged(section, VarianceExploding{}); }

Process vp_linear_from(Section& section) {
  for (const char* key : {"beta_min", "beta_max", "beta_start", "beta_end", "beta_schedule", "steps"})
    section.ignore(key);
  bool table = false;
  for (const char* key : {"beta_start", "beta_end", "beta_schedule", "steps"}) table = table || section.has(key);
  if (!table) {
    const VpLinear own;
    return ranged(section, VpLinear{.beta_min = section.number("beta_min", own.beta_min),
                                    .beta_max = section.number("beta_max", own.beta_max)});
  }
  refuse(section, {"beta_min", "beta_max"},
         "is of continuous time and cannot stand beside beta_start, beta_end and steps, the table");
  const double start = section.number("beta_start", 1e-4), end = section.number("beta_end", .02);
  const int steps = steps_of(section);
  const bool scaled = section.choice("beta_schedule", {"linear", "scaled_linear"}, "linear") == "scaled_linear";
  return ranged(section, placed(section, [&] {
                  return linear_table(start, end, steps, scaled ? BetaSpacing::scaled_linear : BetaSpacing::linear);
                }));
}

Process vp_cosine_from(Section& section) {
  section.ignore("steps");
  const double s = section.number("s", VpCosine{}.s);
  if (!section.has("steps")) return ranged(section, VpCosine{.s = s});
  return ranged(section, placed(section, [&] { return cosine_table(s, steps_of(section)); }));
}

Process sub_vp_from(Section& section) {
  const SubVp own;
  return ranged(section, SubVp{.beta_min = section.number("beta_min", own.beta_min),
                               .beta_max = section.number("beta_max", own.beta_max)});
}

Process flow_from(Section& section) {
  const FlowMatching own;
  FlowMatching flow{.shift = section.number("shift", own.shift)};
  const auto data_at = section.integer("data_at", own.data_at);
  if (data_at != 0 && data_at != 1) section.fail("data_at", "must be 0 or 1, got " + std::to_string(data_at));
  flow.data_at = static_cast<int>(data_at);
  return ranged(section, flow);
}

Process table_from(Section& section) {
  VpTable table;
  if (section.is_text("alphas_cumprod")) {
    const auto path = section.path("alphas_cumprod");
    auto file = read_npy(path);
    if (file.shape.size() != 1) section.fail("alphas_cumprod", printable(path, 1000) + " must hold a list of numbers");
    table.alphas_cumprod = std::move(file.values);
  } else {
    auto list = section.array("alphas_cumprod");
    if (list.shape.size() != 1) section.fail("alphas_cumprod", "must be a .npy file or a list of numbers");
    table.alphas_cumprod = std::move(list.values);
  }
  table.index_offset = section.number("index_offset", 0);
  return ranged(section, table);
}

}  // namespace shockstep
