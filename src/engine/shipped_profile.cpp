#include "engine/shipped_profile.hpp"

#include <shockstep/error.hpp>

#include "core/input_file.hpp"
#include "core/text.hpp"

#include <boost/crc.hpp>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace shockstep {
namespace {

std::uint32_t crc32(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  boost::crc_32_type crc;
  for (std::array<char, 1 << 16> block; file;) {
    file.read(block.data(), block.size());
    crc.process_bytes(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  return crc.checksum();
}

}  // namespace

bool suits(const GuardProfile& profile, const ScoreModel& model, const Process& process,
           const SamplerOptions& options) {
  const auto same = [](double a, double b) { return std::abs(a - b) < 1e-5; };  // in lam
  return profile.conditioning == model.conditioning() && profile.method == options.method &&
         (options.order == 0 || options.order == profile.order) && options.max_evaluations >= profile.max_evaluations &&
         (options.guard.quantile == 0 || options.guard.quantile == profile.quantile) &&
         (profile.log_gain.empty() ||
          (same(profile.log_gain.begin, process.lam_begin()) && same(profile.log_gain.end, process.lam_end())));
}

std::string shipped_path(const ScoreModel& model) {
  const std::filesystem::path file = model.file();
  return file.empty() ? "" : (file.parent_path() / file.stem()).string() + ".guard.json";
}

std::optional<GuardProfile> shipped_profile(const ScoreModel& model, const Process& process,
                                            const SamplerOptions& options) {
  const std::string path = shipped_path(model);
  if (path.empty() || !std::filesystem::exists(path)) return std::nullopt;
  ShippedProfiles shipped = shipped_profiles_from_json(read_text(path), path);
  if (shipped.model_crc32 != crc32(model.file()))
    throw FileError(path, "was made for another " + std::filesystem::path(model.file()).filename().string() +
                              "; make it anew with tools/make_guard_profiles, or remove it");
  std::optional<GuardProfile> best;
  for (GuardProfile& profile : shipped.profiles)
    if (suits(profile, model, process, options) && profile.tolerance <= options.tolerance &&
        (!best || profile.tolerance > best->tolerance))
      best = std::move(profile);
  return best;
}

}  // namespace shockstep
