#include "output/journal.hpp"

#include <shockstep/error.hpp>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "records/columns.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tuple>

namespace shockstep {
namespace {

constexpr std::int64_t most_counted = std::int64_t{1} << 48;  // of a process: sums of some thousand stay in range
constexpr const char* of_another_version = "was written by another version of shockstep; begin anew";

enum class Kind : char { header = 'H', trajectory = 'T', cost = 'S' };

auto cost_numbers(auto& s) {
  return std::tie(s.wall_seconds, s.model_seconds, s.worker_seconds, s.model_calls, s.model_rows, s.model_capacity,
                  s.reduced_batch);
}

void append_all(std::string& out, const auto& tuple) {
  std::apply([&](const auto&... values) { (append_bytes(out, values), ...); }, tuple);
}
void take_all(ByteReader& in, const auto& tuple) {
  std::apply([&](auto&... values) { (in.take(values), ...); }, tuple);
}

/// Of the columns that the journal has: with other ones the format is another.
std::string layout() {
  std::string columns, out;
  const auto add = [&](const auto& of, const auto& record) {
    for_each_member(of, [&](const auto& column) {
      columns += std::string(column.name) + ' ' + std::to_string(sizeof(column(record))) + ',';
    });
  };
  add(trajectory_columns, TrajectoryReport{}), add(event_columns, Event{}), add(step_columns, StepRecord{});
  append_bytes(out,
               static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(columns.data()), columns.size())));
  return out;
}

void append_kept(std::string& out, const auto& columns, const auto& record) {
  for_each_member(columns, [&](const auto& column) { append_bytes(out, column(record)); });
}

template <class Value>
void take_value(ByteReader& in, Value& value) {
  if constexpr (std::is_same_v<Value, bool>)
    value = in.take<char>() != 0;
  else
    in.take(value);
  if constexpr (std::is_enum_v<Value>)
    if (name(value).empty()) throw std::out_of_range("a status or an event is unknown");
}

void take_kept(ByteReader& in, const auto& columns, auto& record) {
  for_each_member(columns, [&](const auto& column) { take_value(in, column(record)); });
}

void append_size(std::string& out, std::size_t size) { append_bytes(out, static_cast<std::uint32_t>(size)); }

/// A count of things of so many bytes each, which the record must have.
std::size_t take_size(ByteReader& in, std::size_t each) {
  const std::size_t size = in.take<std::uint32_t>();
  if (size > in.left() / each) throw std::out_of_range("the record is too short");
  return size;
}

void append(std::string& out, const TrajectoryReport& r) {
  append_kept(out, trajectory_columns, r);
  append_size(out, r.events.size());
  for (const Event& e : r.events) {
    append_kept(out, event_columns, e);
    append_size(out, e.direction.size());
    for (const double v : e.direction) append_bytes(out, static_cast<float>(v));
  }
}

void take(ByteReader& in, TrajectoryReport& r) {
  take_kept(in, trajectory_columns, r);
  r.events.resize(take_size(in, 1));
  for (Event& e : r.events) {
    take_kept(in, event_columns, e);
    e.direction.resize(take_size(in, sizeof(float)));
    for (double& v : e.direction) v = in.take<float>();
  }
}

void append(std::string& out, std::span<const double> sample, bool float64) {
  append_bytes(out, static_cast<char>(float64 ? sizeof(double) : sizeof(float)));
  append_size(out, sample.size());
  for (const double v : sample) float64 ? append_bytes(out, v) : append_bytes(out, static_cast<float>(v));
}

void take(ByteReader& in, std::vector<double>& sample) {
  const bool float64 = in.take<char>() == sizeof(double);
  sample.resize(take_size(in, float64 ? sizeof(double) : sizeof(float)));
  for (double& v : sample) v = float64 ? in.take<double>() : in.take<float>();
}

}  // namespace

JournalReader::JournalReader(const std::string& path) : path_(path), records_(path) {
  if (!records_.next(record_) || record_.empty() || record_[0] != static_cast<char>(Kind::header))
    throw FileError(printable(path, 1000), "is no journal of a run, or damaged in its header");
  header_ = record_.substr(1);
  if (!header_.starts_with(layout())) throw FileError(printable(path, 1000), of_another_version);
  header_.erase(0, layout().size());
}

const DoneTrajectory* JournalReader::next() {
  try {
    while (records_.next(record_))
      if (read_record()) return &trajectory_;
  } catch (const std::out_of_range&) {  // its checksum was right, so it was written so
    throw FileError(printable(path_, 1000), of_another_version);
  }
  return nullptr;
}

// Whether it was a trajectory.
bool JournalReader::read_record() {
  ByteReader in(record_);
  const auto kind = static_cast<Kind>(in.take<char>());
  if (kind == Kind::cost) {
    RunStatistics cost;
    take_all(in, cost_numbers(cost));
    for (const std::int64_t count : {cost.model_calls, cost.model_rows, cost.model_capacity})
      if (count < 0 || count > most_counted) throw std::out_of_range("a count is none");
    cost.first_failure = in.take(in.left());
    cost_.add_cost(cost);
    return false;
  }
  if (kind != Kind::trajectory) throw std::out_of_range("a record is unknown");
  take(in, trajectory_.report);
  take(in, trajectory_.sample);
  trajectory_.steps.resize(take_size(in, 1));
  for (StepRecord& step : trajectory_.steps) take_kept(in, step_columns, step);
  return true;
}

void Journal::begin(const std::string& header) {
  headers_ = 1;
  log_.begin(0);
  log_.append(static_cast<char>(Kind::header) + layout() + header);
}

void Journal::go_on(const JournalReader& reader) { log_.begin(reader.whole()); }

void Journal::step(const StepRecord& record) { steps_under_way_[record.trajectory].push_back(record); }

void Journal::finished(const TrajectoryReport& report, std::span<const double> sample) {
  const auto steps = steps_under_way_.extract(report.trajectory);
  if (report.status == Status::interrupted) return;
  record_.assign(1, static_cast<char>(Kind::trajectory));
  append(record_, report);
  append(record_, sample, float64_);
  append_size(record_, steps ? steps.mapped().size() : 0);
  if (steps)
    for (const StepRecord& step : steps.mapped()) append_kept(record_, step_columns, step);
  ++trajectories_;
  log_.append(record_);
}

void Journal::add_cost(const RunStatistics& cost) {
  record_.assign(1, static_cast<char>(Kind::cost));
  append_all(record_, cost_numbers(cost));
  record_ += cost.first_failure;
  log_.append(record_);
}

void read_together(std::vector<JournalReader>& journals,
                   const std::function<void(std::size_t, const DoneTrajectory&)>& use) {
  std::vector<const DoneTrajectory*> heads;
  for (auto& journal : journals) heads.push_back(journal.next());
  const auto trajectory = [](const DoneTrajectory* head) {
    return head ? head->report.trajectory : std::numeric_limits<std::int64_t>::max();
  };
  for (;;) {
    const auto lowest = std::ranges::min_element(heads, {}, trajectory);
    if (lowest == heads.end() || !*lowest) return;
    const auto i = static_cast<std::size_t>(lowest - heads.begin());
    use(i, **lowest);
    *lowest = journals[i].next();
  }
}

}  // namespace shockstep
