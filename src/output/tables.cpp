#include "output/tables.hpp"

#include "output/number.hpp"
#include "records/columns.hpp"

namespace shockstep {
namespace {

void append_field(std::string& out, std::int64_t value) { append_number(out, value); }
void append_field(std::string& out, int value) { append_number(out, value); }
void append_field(std::string& out, bool value) { append_number(out, static_cast<int>(value)); }
void append_field(std::string& out, Status value) { out += name(value); }
void append_field(std::string& out, double value) {
  if (!std::isnan(value)) append_number(out, value);
}

void append_json(std::string& out, auto value) { append_number(out, value); }
void append_json(std::string& out, EventKind value) { (out += '"').append(name(value)) += '"'; }
void append_json(std::string& out, double value) {
  if (std::isfinite(value))
    append_number(out, value);
  else
    out += "null";
}

/// append(column) for each, with `between` in between.
void append_each(std::string& out, const auto& columns, const char* between, auto append) {
  const char* before = "";
  for_each_column(columns, [&](const auto& column) {
    if (!column.shown) return;
    out += before;
    append(column);
    before = between;
  });
}

std::string header(const auto& columns) {
  std::string out;
  append_each(out, columns, ",", [&](const auto& column) { out += column.name; });
  return out + '\n';
}

void append_fields(std::string& out, const auto& columns, const auto& record) {
  append_each(out, columns, ",", [&](const auto& column) { append_field(out, column(record)); });
  out += '\n';
}

}  // namespace

std::string trajectories_header() { return header(trajectory_columns); }
std::string steps_header() { return header(step_columns); }

void append_line(std::string& out, const TrajectoryReport& report) { append_fields(out, trajectory_columns, report); }
void append_line(std::string& out, const StepRecord& step) { append_fields(out, step_columns, step); }

void append_line(std::string& out, const Event& event) {
  out += '{';
  append_each(out, event_columns, ", ", [&](const auto& column) {
    ((out += '"') += column.name) += "\": ";
    append_json(out, column(event));
  });
  if (!event.direction.empty()) {
    out += ", \"direction\": [";
    const char* before = "";
    for (const double v : event.direction) {
      out += before;
      if (std::isfinite(v))
        append_number(out, static_cast<float>(v));  // measured, not exact
      else
        out += "null";
      before = ", ";
    }
    out += ']';
  }
  out += "}\n";
}

}  // namespace shockstep
