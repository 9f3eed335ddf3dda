// report.html: what it counts, that it stays small, and that its text cannot break out of its place.
#include "output/grid.hpp"
#include "output/picture.hpp"
#include "output/report/base64.hpp"
#include "output/report/page.hpp"
#include "output/report/run_report.hpp"
#include "output/report/sample_figure.hpp"
#include "support/test.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace shockstep;
using Json = nlohmann::ordered_json;

namespace {

std::int64_t total(const Json& counts) {
  std::int64_t sum = 0;
  for (const auto& n : counts) sum += n.get<std::int64_t>();
  return sum;
}

// Two modes at -1 and 1 in one dimension: D = tanh(x) in the limit of narrow modes at sigma = 1.
KnownModel two_modes() {
  static const std::vector<double> means{-1, 1};
  return {.dimension = 1,
          .means = means,
          .denoise =
              [](std::span<const double> x, double sigma) {
                std::vector<double> D;
                for (const double v : x) D.push_back(std::tanh(v / (sigma * sigma)));
                return D;
              },
          .density = [](std::span<const double> x) { return std::vector<double>(x.size(), .5); }};
}

TrajectoryReport random_report(std::int64_t i) {
  std::mt19937 random(static_cast<unsigned>(i));
  std::uniform_real_distribution<double> uniform;
  TrajectoryReport r;
  r.trajectory = i;
  r.evaluations = 20 + static_cast<int>(200 * std::pow(uniform(random), 8));
  r.error_estimate = std::exp(-8 + 4 * uniform(random));
  if (uniform(random) < .3) {
    r.exponent = .1 + 3 * uniform(random);
    for (const EventKind kind : {EventKind::enter, EventKind::speciation, EventKind::exit}) {
      Event event;
      event.trajectory = i, event.kind = kind, event.exponent = r.exponent;
      event.sigma = 1 - .2 * static_cast<double>(kind) - .1 * uniform(random);
      r.events.push_back(event);
    }
  }
  return r;
}

Json report_of(std::int64_t count, bool backwards = false) {
  RunReport report({.title = "t", .sigma_min = .002, .sigma_max = 80, .tolerance = .01, .known = two_modes()});
  const std::vector<std::int64_t> shape{1};
  SamplePicture picture({}, shape, count);
  QuantileSketch exponents, errors;
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t i = backwards ? count - 1 - k : k;
    const auto r = random_report(i);
    const double sample[] = {i % 4 == 0 ? -1. : 1.};
    for (int s = 0; s < 20 && i < 64; ++s)
      report.step({.trajectory = i, .pass = 1, .lam = -4 + .5 * s, .h = .5, .error = 1, .tolerance = 2});
    report.finished(r, sample);
    picture.add(i, sample, r.exponent);
    exponents.add(r.exponent);
    errors.add(r.error_estimate);
  }
  return report.data("{}", picture, exponents, errors);
}

}  // namespace

TEST_CASE("every trajectory is in every histogram once") {
  constexpr std::int64_t n = 5000;
  const Json data = report_of(n);
  CHECK(data.at("finished") == n);
  CHECK(total(data["evaluations"]["counts"]) == n);
  CHECK(total(data["exponents"]["counts"]) + data["exponents"]["zeros"].get<std::int64_t>() == n);
  CHECK(total(data["errors"]["counts"]) + data["errors"]["zeros"].get<std::int64_t>() == n);
  CHECK(total(data["samples"]["counts"]) == n);
  std::int64_t with_events = 0;
  for (std::int64_t i = 0; i < n; ++i) with_events += !random_report(i).events.empty();
  for (const char* kind : {"enter", "speciation", "exit"}) CHECK(total(data["events"][kind]) == with_events);
  CHECK(data["events"]["trajectories"] == with_events);

  const Json& nodes = data["decisions"]["nodes"];
  REQUIRE(nodes.size() == 3);
  CHECK(nodes[0]["count"] == n / 4);
  CHECK(nodes[1]["count"] == n - n / 4);
  CHECK(nodes[2]["count"] == n);
  CHECK(nodes[2]["decided"] == with_events);
}

TEST_CASE("a report is bounded and does not depend on the order of completion") {
  const auto size = [](const Json& data) { return data.dump().size(); };
  const auto small = size(report_of(4000)), large = size(report_of(40000));
  CHECK(static_cast<double>(large) < 1.1 * static_cast<double>(small));  // the counts have more digits
  CHECK(report_of(3000) == report_of(3000, true));
}

TEST_CASE("large images are shrunk") {
  Image image(6, 4, 1, 0);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x) *image.at(x, y) = static_cast<std::uint8_t>(10 * (x / 2) + 100 * (y / 2) + x % 2 + 1);
  const Image small = shrunk(image, 6);
  CHECK(small.width == 3);
  CHECK(small.height == 2);
  CHECK(small.pixels == std::vector<std::uint8_t>{2, 12, 22, 102, 112, 122});  // 1.5, 11.5, .. rounded up
  CHECK(shrunk(image, 24).pixels == image.pixels);

  // Noise, which PNG cannot compress.
  const std::vector<std::int64_t> shape{3, 128, 128};
  SamplePicture picture({}, shape, 64);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> sample(3 * 128 * 128);
  for (int i = 0; i < 64; ++i) {
    for (double& v : sample) v = uniform(random);
    picture.add(i, sample, 0);
  }
  CHECK(sample_figure(picture, {}).at("png").get<std::string>().size() < 3300000);
}

TEST_CASE("interrupted trajectories are left out") {
  RunReport report({.title = "t", .sigma_min = .002, .sigma_max = 80, .tolerance = .01, .known = {}});
  TrajectoryReport r;
  r.status = Status::interrupted, r.evaluations = 5;
  report.finished(r, std::vector<double>{NAN});
  const Json data = report.data("{}", SamplePicture({}, std::vector<std::int64_t>{1}, 1), {}, {});
  CHECK(data["finished"] == 0);
  CHECK(data["evaluations"]["counts"].empty());
  CHECK(data["decisions"].contains("why"));
}

TEST_CASE("whole numbers keep their count however far they spread") {
  WholeBins bins;
  constexpr int n = 20000;
  for (int i = 0; i < n; ++i) bins.add(static_cast<std::int64_t>(std::exp(14. * ((i * 7919) % n) / (n - 1.))));
  const Json j = bins.json();
  CHECK(total(j["counts"]) == n);
  CHECK(j["counts"].size() <= 96);
  REQUIRE(j["edges"].size() == j["counts"].size() + 1);
  CHECK(j["edges"].back().get<double>() >= std::exp(13.9));
}

TEST_CASE("a mode tree splits where the fixed points of the denoiser do") {
  // At x = 0 the slope of D is 1/sigma^2: one fixed point above sigma = 1, three below. Splits are placed within half a
  // stride of .03 in ln sigma; the iteration is slow within .01 of the split.
  const auto tree = mode_tree(two_modes(), .002, 80);
  REQUIRE(tree);
  REQUIRE(tree->nodes.size() == 3);
  CHECK(std::abs(std::log(tree->nodes[2].sigma)) < .03);
  CHECK(tree->nodes[0].parent == 2);
  CHECK(tree->nodes[1].parent == 2);
  CHECK(tree->leaf_of == std::vector<int>{0, 1});
}

TEST_CASE("a mode tree nests") {
  // Pairs at -3 -+ .5 and 3 -+ .5 of points without width.
  const std::vector<double> means{-3.5, -2.5, 2.5, 3.5};
  const KnownModel model{.dimension = 1,
                         .means = means,
                         .denoise =
                             [&](std::span<const double> x, double sigma) {
                               std::vector<double> D;
                               for (const double v : x) {
                                 double weight = 0, sum = 0, nearest = 1e300;
                                 for (const double m : means) nearest = std::min(nearest, (v - m) * (v - m));
                                 for (const double m : means) {
                                   const double w = std::exp((nearest - (v - m) * (v - m)) / (2 * sigma * sigma));
                                   weight += w, sum += w * m;
                                 }
                                 D.push_back(sum / weight);
                               }
                               return D;
                             },
                         .density = {}};
  const auto tree = mode_tree(model, .01, 80);
  REQUIRE(tree);
  REQUIRE(tree->nodes.size() == 7);
  // A pair alone splits at half its distance; the other, 6 away at sigma = .5, adds exp(-6^2/2/.5^2) to that.
  CHECK(std::abs(std::log(tree->nodes[4].sigma / .5)) < .03);
  CHECK(std::abs(std::log(tree->nodes[5].sigma / .5)) < .03);
  CHECK(tree->nodes[0].parent == tree->nodes[1].parent);
  CHECK(tree->nodes[2].parent == tree->nodes[3].parent);
  // All four: the slope of D at 0 is E[mean^2 | x = 0]/sigma^2, which is 1 at the split.
  const double s2 = std::pow(tree->nodes[6].sigma, 2);
  const double far = std::exp(-(3.5 * 3.5 - 2.5 * 2.5) / (2 * s2));
  const double slope = (2.5 * 2.5 + 3.5 * 3.5 * far) / (1 + far) / s2;
  CHECK(std::abs(std::log(slope)) < .06);  // sigma enters squared
}

TEST_CASE("no tree where there is nothing to decide") {
  KnownModel one = two_modes();
  std::vector<double> means{1, 1};  // two components, one mode
  one.means = means;
  CHECK_FALSE(mode_tree(one, .002, 80));
  CHECK_FALSE(mode_tree({}, .002, 80));
  means.assign(ModeTree::largest + 1, 1);
  one.means = means;
  CHECK_FALSE(mode_tree(one, .002, 80));
}

TEST_CASE("of a repeated trajectory the last pass is shown, and a window without end lasts to sigma_min") {
  StepTraces traces(.002);
  traces.step({.trajectory = 3, .pass = 1, .lam = 0, .h = 1, .error = 1, .tolerance = 1});
  traces.step({.trajectory = 3, .pass = 2, .lam = 0, .h = .25, .error = 1, .tolerance = 4});
  traces.step({.trajectory = 5, .pass = 1, .lam = 0, .h = 1, .error = 1, .tolerance = 1});  // never finished
  TrajectoryReport r;
  r.trajectory = 3, r.passes = 2;
  Event event;
  for (const auto& [kind, sigma] : {std::pair{EventKind::enter, .9}, {EventKind::exit, .5}, {EventKind::enter, .1}}) {
    event.kind = kind, event.sigma = sigma;
    r.events.push_back(event);
  }
  traces.finished(r);
  const Json j = traces.json();
  REQUIRE(j.size() == 1);
  CHECK(j[0]["trajectory"] == 3);
  CHECK(j[0]["h"] == Json{.25});
  CHECK(j[0]["ratio"] == Json{.25});
  CHECK(j[0]["windows"] == Json{{.9, .5}, {.1, .002}});
}

TEST_CASE("text in a report stays text") {
  const Json data{{"title", "<b>&\"</title>"}, {"error", "</script><script>alert(1)</script>{{style}}"}};
  const std::string page = html_page(data);
  CHECK(page.find("<title>&lt;b&gt;&amp;&quot;&lt;/title&gt; ") != page.npos);
  CHECK(page.find("alert(1)</script>") == page.npos);
  const std::string open = R"(<script type="application/json" id="data">)";
  const auto begin = page.find(open) + open.size();
  CHECK(Json::parse(page.substr(begin, page.find("</script>", begin) - begin)) == data);
}

TEST_CASE("base64") {  // the vectors of RFC 4648, section 10
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) CHECK(base64(bytes) == text);
  CHECK(base64("\xff\xfe\xfd") == "//79");
}
