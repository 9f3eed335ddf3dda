#include "output/tables.hpp"

#include "output/number.hpp"

#include <cmath>

namespace shockstep {
namespace {

void append_field(std::string& out, double value) {
  out += ',';
  if (!std::isnan(value)) append_number(out, value);
}

void append_field(std::string& out, std::int64_t value) {
  out += ',';
  append_number(out, value);
}

void member(std::string& out, const char* key, double value) {
  out += ", \"";
  out += key;
  out += "\": ";
  if (std::isfinite(value))
    append_number(out, value);
  else
    out += "null";
}

}  // namespace

void append_line(std::string& out, const TrajectoryReport& r) {
  append_number(out, r.trajectory);
  out += ',';
  out += name(r.status);
  for (const std::int64_t n : {r.evaluations, r.probes, r.accepted, r.rejected}) append_field(out, n);
  append_field(out, r.exponent);
  append_field(out, r.error_estimate);
  append_field(out, static_cast<std::int64_t>(r.events.size()));
  append_field(out, static_cast<std::int64_t>(r.passes));
  append_field(out, r.score);
  append_field(out, static_cast<std::int64_t>(r.noise_limited));
  out += '\n';
}

void append_line(std::string& out, const StepRecord& s) {
  append_number(out, s.trajectory);
  for (const double v : {s.lam, std::exp(-s.lam), s.h, s.error, s.tolerance, s.rate}) append_field(out, v);
  append_field(out, static_cast<std::int64_t>(s.accepted));
  append_field(out, static_cast<std::int64_t>(s.pass));
  out += '\n';
}

void append_line(std::string& out, const Event& e) {
  out += "{\"trajectory\": ";
  append_number(out, e.trajectory);
  out += ", \"event\": \"";
  out += name(e.kind);
  out += '"';
  member(out, "sigma", e.sigma);
  member(out, "sigma_low", e.sigma_low);
  member(out, "sigma_high", e.sigma_high);
  member(out, "t", e.time);
  member(out, "lam", e.lam);
  member(out, "rate", e.rate);
  member(out, "exponent", e.exponent);
  out += ", \"step\": ";
  append_number(out, e.step);
  if (!e.direction.empty()) {
    out += ", \"direction\": [";
    for (std::size_t i = 0; i < e.direction.size(); ++i) {
      if (i > 0) out += ", ";
      if (std::isfinite(e.direction[i]))
        append_number(out, static_cast<float>(e.direction[i]));  // measured, not exact
      else
        out += "null";
    }
    out += ']';
  }
  out += "}\n";
}

}  // namespace shockstep
