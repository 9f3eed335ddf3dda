#include "support/test.hpp"

#include "output/inspection_text.hpp"

using namespace shockstep;

namespace {

PairCommitment pair(int a, int b, std::vector<double> sigmas) {
  PairCommitment out{.a = a, .b = b, .sigma = {.count = std::ssize(sigmas)}};
  if (!sigmas.empty()) out.sigma.q05 = out.sigma.q50 = out.sigma.q95 = sigmas[0];
  return out;
}

std::string text_of(std::vector<PairCommitment> pairs) {
  InspectFacts facts;
  facts.found.commitment.emplace();
  facts.found.commitment->of_cluster.resize(3);
  facts.found.commitment->pairs = std::move(pairs);
  return inspection_text(facts);
}

}  // namespace

TEST_CASE("the first and the last clusters to part are among those that were seen to", "[inspect]") {
  const auto several = text_of({pair(0, 1, {2}), pair(0, 2, {}), pair(1, 2, {5})});
  CHECK(several.find("first cluster 2 from 3 at sigma 5 (5 to 5), last 1 from 2 at sigma 2 (2 to 2)\n") !=
        several.npos);
  const auto one = text_of({pair(0, 1, {}), pair(0, 2, {3})});
  CHECK(one.find(" cluster 1 from 3 at sigma 3 (3 to 3)\n") != one.npos);
  CHECK(text_of({pair(0, 1, {})}).find("from") == std::string::npos);
}
