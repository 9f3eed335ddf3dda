#include <shockstep/error.hpp>
#include <shockstep/process_kind.hpp>

#include "core/section_npy.hpp"
#include "core/text.hpp"
#include "process/preserving.hpp"
#include "process/range.hpp"
#include "process/section.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace shockstep {
namespace {

/// sigma by index, where it is neither 0 nor infinite.
struct Levels {
  double first = 0;  ///< index of the first of them
  std::vector<double> sigma;

  double index(double at) const {
    const auto above = std::clamp<std::ptrdiff_t>(std::ranges::upper_bound(sigma, at) - sigma.begin(), 1,
                                                  static_cast<std::ptrdiff_t>(sigma.size()) - 1);
    const double low = sigma[static_cast<std::size_t>(above - 1)], high = sigma[static_cast<std::size_t>(above)];
    return first + static_cast<double>(above - 1) + std::clamp(std::log(at / low) / std::log(high / low), 0., 1.);
  }
};

Levels levels_of(const VpTable& table) {
  const auto& alphas = table.alphas_cumprod;
  const auto fail = [](const std::string& sentence) { throw ConfigError("process.alphas_cumprod", sentence); };
  for (std::size_t j = 0; j < alphas.size(); ++j) {
    if (!(alphas[j] >= 0 && alphas[j] <= 1)) fail("must be from 0 to 1, got " + shortest(alphas[j]));
    if (j > 0 && !(alphas[j] < alphas[j - 1]))
      fail("must descend, got " + shortest(alphas[j]) + " after " + shortest(alphas[j - 1]) + " at entry " +
           std::to_string(j));
  }
  Levels out;
  out.first = table.index_offset;
  if (!alphas.empty() && alphas.front() == 1) ++out.first;
  for (double alpha2 : alphas)
    if (alpha2 > 0 && alpha2 < 1) out.sigma.push_back(std::sqrt((1 - alpha2) / alpha2));
  if (out.sigma.size() < 2) fail("must hold at least 2 numbers between 0 and 1");
  return out;
}

/// The list or the file that the section names.
std::vector<double> read_alphas(Section& section) {
  if (section.is_text("alphas_cumprod")) {
    const auto path = section.path("alphas_cumprod");
    auto file = section_npy(section, "alphas_cumprod", [&](const auto& shape) {
      if (shape.size() != 1) section.fail("alphas_cumprod", printable(path, 1000) + " must hold a list of numbers");
    });
    return std::move(file.values);
  }
  auto list = section.array("alphas_cumprod");
  if (list.shape.size() != 1) section.fail("alphas_cumprod", "must be a .npy file or a list of numbers");
  return std::move(list.values);
}

}  // namespace

ProcessFunctions process_functions(const VpTable& table) {
  if (!std::isfinite(table.index_offset)) throw ConfigError("process.index_offset", "must be finite");
  const Levels levels = levels_of(table);
  const SigmaRange reach{levels.sigma.front(), levels.sigma.back()};
  return in_range({.kind = table.kind,
                   .time = [levels](double sigma) { return levels.index(sigma); },
                   .alpha = preserving_alpha,
                   .steps = static_cast<int>(table.alphas_cumprod.size())},
                  {table.sigma_min, table.sigma_max}, reach, reach);
}

namespace processes {
extern const ProcessKind table{"table", "variance preserving, alphas_cumprod from a file",
                               "{kind: table, alphas_cumprod: [0.999, 0.9, 0.5, 0.1, 0.001], index_offset: 1}",
                               [](Section& section) {
                                 VpTable options{.alphas_cumprod = read_alphas(section)};
                                 options.index_offset = section.number("index_offset", 0);
                                 return ranged(section, options);
                               }};
}  // namespace processes

}  // namespace shockstep
