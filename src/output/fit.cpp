#include "output/fit.hpp"

#include "core/text.hpp"
#include "output/fit_json.hpp"
#include "output/json.hpp"

#include <cstdio>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

std::string expected(const FitIdentity& identity) {
  if (identity.low <= 0) return "at most " + three_digits(identity.high);
  return three_digits(identity.low) + " to " + three_digits(identity.high);
}

// "section.key: value" as YAML, sections opened once.
std::string yaml(const std::vector<std::string>& settings) {
  std::string out, open;
  for (const std::string& setting : settings) {
    const auto dot = setting.find('.'), colon = setting.find(':');
    if (dot > colon) {  // a whole section
      out += "  " + setting + "\n";
      continue;
    }
    if (setting.substr(0, dot) != open) out += "  " + (open = setting.substr(0, dot)) + ":\n";
    out += "    " + setting.substr(dot + 1) + "\n";
  }
  return out;
}

}  // namespace

std::string fit_text(const FitReport& report) {
  std::string out = "fit check, " + std::to_string(report.evaluations) + " evaluations\n";
  const auto line = [&](const std::string& name, const std::string& found, const std::string& wanted,
                        const char* verdict) {
    char text[160];
    std::snprintf(text, sizeof text, "  %-54s %10s  %-16s %s\n", name.c_str(), found.c_str(), wanted.c_str(), verdict);
    out += text;
  };
  line("identity", "found", "expected", "");
  for (const FitIdentity& identity : report.identities)
    line(identity.name, three_digits(identity.found), expected(identity),
         identity.holds()    ? "holds"
         : identity.decisive ? "FAILS"
                             : "note");
  if (report.fits)
    return out + "the description fits" + (report.doubt.empty() ? "" : "; in doubt: " + report.doubt) + "\n";
  out += "the description does not fit: " + report.reason + "\n";
  const std::string tried = std::to_string(report.descriptions) + " descriptions tried";
  if (!report.suggestion)
    return out + (report.descriptions > 1
                      ? "no other one fits either (" + tried +
                            ")\nthe network may be undertrained, or none of these descriptions may be its own: "
                            "train it for longer, or check model and process against its training\n"
                      : "this is not the denoiser of any data\n");
  return out + report.suggestion->sentence + " (misfit " + three_digits(report.suggestion->misfit) + ", " + tried +
         "); this fits:\n" + yaml(report.suggestion->settings);
}

std::string fit_warning(const FitReport& report) {
  if (report.fits && report.doubt.empty()) return "";
  if (report.fits) return "the model may not fit its description: " + report.doubt + "; see shockstep inspect";
  return "the model does not fit its description: " +
         (report.suggestion ? report.suggestion->sentence
                            : report.reason + "; the network may be undertrained, or described wrongly") +
         "; see shockstep inspect";
}

Json fit_json(const FitReport& report) {
  Json out{{"fits", report.fits},
           {"misfit", json_number(report.misfit)},
           {"largest_misfit", report.largest_misfit},
           {"structure", json_number(report.structure)},
           {"evaluations", report.evaluations},
           {"descriptions", report.descriptions}};
  if (!report.fits) out["reason"] = report.reason;
  if (!report.doubt.empty()) out["doubt"] = report.doubt;
  if (report.suggestion)
    out["suggestion"] = {{"sentence", report.suggestion->sentence},
                         {"settings", report.suggestion->settings},
                         {"misfit", json_number(report.suggestion->misfit)}};
  for (const FitIdentity& identity : report.identities)
    out["identities"].push_back({{"name", identity.name},
                                 {"found", json_number(identity.found)},
                                 {"low", json_number(identity.low)},
                                 {"high", json_number(identity.high)},
                                 {"decisive", identity.decisive},
                                 {"holds", identity.holds()}});
  return out;
}

}  // namespace shockstep
