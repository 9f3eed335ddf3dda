#include "output/run_writer.hpp"

#include "core/npy.hpp"
#include "core/row_shape.hpp"
#include "output/file.hpp"
#include "output/file_list.hpp"
#include "output/journal.hpp"
#include "output/json.hpp"
#include "output/ordered_text.hpp"
#include "output/report/page.hpp"
#include "output/report/run_report.hpp"
#include "output/tables.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace shockstep {

RunWriter::RunWriter(const std::string& folder, const OutputSettings& settings, const RunShape& shape,
                     ReportContext context)
    : folder_(folder), settings_(settings), shape_(shape), picture_(settings, shape.sample, shape.count) {
  for (const char* name :
       {"samples.npy", "samples.png", "trajectories.csv", "events.jsonl", "steps.csv", "summary.json", "report.html"})
    for (const char* end : {"", ".part"})
      std::filesystem::remove(
          at(std::string(name) + end));  // of an earlier run: what is found afterwards is of this one
  if (settings.samples) {
    const auto all = row_shape(shape.count, shape.sample);
    samples_ = std::make_unique<NpyWriter>(at("samples.npy"), all, shape.float64 ? NpyType::float64 : NpyType::float32);
    written_.resize(static_cast<std::size_t>(shape.count));
  }
  trajectories_ = std::make_unique<OrderedText>(at("trajectories.csv"), trajectories_header());
  if (settings.events) events_ = std::make_unique<OrderedText>(at("events.jsonl"), "");
  if (settings.steps > 0) steps_ = std::make_unique<OrderedText>(at("steps.csv"), steps_header());
  if (settings.report) report_ = std::make_unique<RunReport>(std::move(context));
}

RunWriter::~RunWriter() = default;

std::string RunWriter::at(const std::string& name) const { return (std::filesystem::path(folder_) / name).string(); }

void RunWriter::step(const StepRecord& record) {
  if (broken_) return;
  append_line(steps_under_way_[record.trajectory], record);
  if (report_) report_->step(record);
}

void RunWriter::finished(const TrajectoryReport& report, std::span<const double> sample) {
  if (broken_) return;
  broken_ = true;  // until this call has returned
  const std::int64_t i = row(report.trajectory);
  std::string line;
  append_line(line, report);
  trajectories_->put(i, std::move(line));
  if (events_) {
    std::string lines;
    for (Event event : report.events) {
      if (!settings_.directions) event.direction.clear();
      append_line(lines, event);
    }
    events_->put(i, std::move(lines));
  }
  const auto steps = steps_under_way_.extract(report.trajectory);
  if (steps_ && wants_steps(report.trajectory)) steps_->put(i, steps ? std::move(steps.mapped()) : std::string());
  if (report.status != Status::interrupted) {
    if (samples_) {
      samples_->write_row(i, sample);
      written_[static_cast<std::size_t>(i)] = true;
    }
    picture_.add(i, sample, std::isnan(report.exponent) ? 0 : report.exponent);  // NaN: not measured
    spread_.add(sample);
    if (report.status == Status::budget) reached_ = std::fmax(reached_, report.error_estimate);
    exponents_.add(report.exponent);
    errors_.add(report.error_estimate);
    if (report_) report_->finished(report, sample);
  }
  broken_ = false;
}

void RunWriter::replay(const DoneTrajectory& done) {
  for (const StepRecord& record : done.steps) step(record);
  finished(done.report, done.sample);
}

std::vector<std::string> RunWriter::close(const RunFacts& facts, const RunStatistics& statistics) {
  std::vector<std::string> names;
  if (samples_) {
    finish_samples();
    names.push_back("samples.npy");
  }
  if (picture_.possible()) {
    picture_.write(at("samples.png"));
    names.push_back("samples.png");
  }
  trajectories_->close();
  names.push_back("trajectories.csv");
  if (events_) {
    events_->close();
    names.push_back("events.jsonl");
  }
  if (steps_) {
    steps_->close();
    names.push_back("steps.csv");
  }
  const std::string summary = summary_json(facts, statistics, exponents_, errors_);
  if (report_) {
    write_file(at("report.html"), html_page(report_->data(summary, picture_, exponents_, errors_)));
    names.push_back("report.html");
  }
  auto with_files = nlohmann::ordered_json::parse(summary);
  with_files["files"] = file_list(folder_, names);
  write_file(at("summary.json"), dump(with_files));  // last: it says the run is whole
  names.push_back("summary.json");
  sync_folder(folder_);
  return names;
}

// Of a run that was interrupted the array ends behind the last sample that there is.
void RunWriter::finish_samples() {
  const auto last = std::find(written_.rbegin(), written_.rend(), true);
  const std::int64_t n = std::distance(last, written_.rend());
  if (n < shape_.count) samples_->cut(n);
  for (std::int64_t i = 0; i < n; ++i)
    if (!written_[static_cast<std::size_t>(i)]) samples_->fill_nan(i);
  samples_->close();
}

}  // namespace shockstep
