#include "output/report/run_report.hpp"

#include "output/report/figure.hpp"
#include "output/report/sample_figure.hpp"

#include <cmath>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr EventKind kinds[] = {EventKind::enter, EventKind::speciation, EventKind::exit};

Json table(const std::vector<TrajectoryReport>& rows) {
  Json out = Json::array();
  for (const auto& r : rows)
    out.push_back({r.trajectory, name(r.status), r.evaluations, r.probes, r.accepted, r.rejected, r.passes,
                   rounded(r.exponent), rounded(r.error_estimate)});
  return {{"columns",
           {"trajectory", "status", "evaluations", "probes", "accepted", "rejected", "passes", "exponent",
            "error_estimate"}},
          {"rows", std::move(out)}};
}

}  // namespace

RunReport::RunReport(ReportContext context)
    : context_(std::move(context)),
      traces_(context_.sigma_min, context_.first),
      decisions_(context_.known, context_.sigma_min, context_.sigma_max),
      events_(std::size(kinds), SigmaBins(context_.sigma_min, context_.sigma_max)) {}

void RunReport::finished(const TrajectoryReport& report, std::span<const double> sample) {
  if (report.status == Status::interrupted) return;
  ++finished_;
  with_event_ += !report.events.empty();
  if (!std::isnan(report.error_estimate)) {
    ++estimated_;
    within_ += report.error_estimate <= context_.tolerance;
  }
  evaluations_.add(report.evaluations);
  for (const Event& event : report.events) events_[static_cast<std::size_t>(event.kind)].add(event.sigma);
  traces_.finished(report);
  decisions_.add(report, sample);
  extremes_.add(report);
}

Json RunReport::data(const std::string& summary, const SamplePicture& picture, const QuantileSketch& exponents,
                     const QuantileSketch& errors) const {
  Json events{{"edges", Json::array()}, {"trajectories", with_event_}};
  for (const double edge : events_[0].edges()) events["edges"].push_back(rounded(edge));
  for (const EventKind kind : kinds) events[std::string(name(kind))] = events_[static_cast<std::size_t>(kind)].counts();

  Json out;
  out["title"] = context_.title;
  out["sigma"] = {context_.sigma_min, context_.sigma_max};
  out["tolerance"] = {{"asked", context_.tolerance}, {"estimated", estimated_}, {"within", within_}};
  out["finished"] = finished_;
  out["summary"] = Json::parse(summary);
  out["samples"] = sample_figure(picture, context_.known);
  out["steps"] = traces_.json();
  out["events"] = std::move(events);
  out["decisions"] = decisions_.json();
  out["exponents"] = log_bins(exponents);
  out["errors"] = log_bins(errors);
  out["evaluations"] = evaluations_.json();
  out["trajectories"] = table(extremes_.rows());
  return out;
}

}  // namespace shockstep
