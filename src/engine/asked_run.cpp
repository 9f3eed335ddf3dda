#include <shockstep/asked_run.hpp>

#include <shockstep/error.hpp>

#include "core/row_shape.hpp"

#include "records/run_tally.hpp"
#include "trajectory/trajectory.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace shockstep {

struct AskedRun::Row {
  Row(const Plan& plan, std::size_t d) : state(d), trajectory(make_trajectory(plan, state)), point(d), denoised(d) {}

  State state;
  std::unique_ptr<Trajectory> trajectory;
  std::vector<double> point, denoised;  // what it asks about, and what it was told
  bool done = false;
};

AskedRun::AskedRun(const Sampler& sampler, const SampleRequest& request)
    : sampler_(sampler), observer_(request.observer) {
  if (request.mask.defined()) throw ConfigError("mask", "is of samplers that call their model");
  plan_ = std::make_unique<const Plan>(sampler.plan(request));
  const auto d = static_cast<std::size_t>(sampler.model().dimension());
  for (std::int64_t i = 0; i < request.count; ++i) {
    Row& row = *rows_.emplace_back(std::make_unique<Row>(*plan_, d));
    const std::int64_t index = request.first + i;
    row.trajectory->start(index, observer_ && observer_->wants_steps(index) ? observer_ : nullptr);
    row.state.bind(row.point.data(), nullptr);
    go_on(row);
  }
}

AskedRun::~AskedRun() = default;

void AskedRun::go_on(Row& row) const {
  row.done = row.trajectory->resume();
  if (row.done && observer_) observer_->finished(row.trajectory->report(), row.trajectory->sample());
}

std::int64_t AskedRun::count() const { return static_cast<std::int64_t>(rows_.size()); }

bool AskedRun::done() const {
  return std::ranges::all_of(rows_, [](const std::unique_ptr<Row>& row) { return row->done; });
}

bool AskedRun::waits(std::int64_t i) const { return !row(i).done; }

std::span<const double> AskedRun::point(std::int64_t i) const {
  return row(i).done ? row(i).trajectory->sample() : std::span<const double>(row(i).point);
}

double AskedRun::sigma(std::int64_t i) const { return row(i).state.sigma(); }

void AskedRun::answer(std::int64_t i, std::span<const double> D) {
  Row& row = *rows_[static_cast<std::size_t>(i)];
  if (row.done) return;
  assert(D.size() == row.denoised.size());
  std::ranges::copy(D, row.denoised.begin());
  row.state.bind(row.point.data(), row.denoised.data());
  go_on(row);
}

Result AskedRun::result() const {
  const auto shape = row_shape(count(), sampler_.model().shape());
  Result result{.samples = at::empty(shape, at::kDouble).fill_(std::nan("")), .reports = {}, .statistics = {}};
  double* out = result.samples.mutable_data_ptr<double>();
  RunTally tally;
  for (const std::unique_ptr<Row>& row : rows_) {
    TrajectoryReport& report = result.reports.emplace_back(row->trajectory->report());
    if (row->done) {
      std::ranges::copy(row->trajectory->sample(), out);
    } else {
      report.status = Status::interrupted;
      report.evaluations = row->state.evaluations();
    }
    out += row->point.size();
    tally.add(report);
  }
  result.statistics = tally.statistics(sampler_.model().dimension());
  return result;
}

}  // namespace shockstep
