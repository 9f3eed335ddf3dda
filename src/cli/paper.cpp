#include "output/paper.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/run_folder.hpp"
#include "cli/setup.hpp"
#include "core/text.hpp"
#include "log/log.hpp"
#include "output/file.hpp"
#include "output/report/page.hpp"
#include "output/report/paper_report.hpp"
#include "paper/analyses.hpp"

#include <ATen/Parallel.h>

#include <cstdio>

namespace shockstep::cli {

int paper(const Options& options) {
  const auto begin = Clock::now();
  watch_interrupts();
  Options where = options;
  if (where.out.empty()) where.out = "runs/paper";
  const RunFolder folder(where);
  log::open(folder.at("run.log"));

  at::set_num_threads(1);  // of products too small to share
  std::vector<paper::Analysis> found;
  std::string files;
  int claims = 0;
  for (const auto analyse : paper::analyses()) {
    if (interrupted()) {
      log::warning("interrupted; the report is not written");
      return 130;
    }
    found.push_back(analyse());
    for (const auto& table : found.back().tables) {
      write_file(folder.at(table.name + ".csv"), csv(table));
      files += " " + table.name + ".csv";
    }
    for (auto& claim : found.back().claims) {
      claim.tolerance /= options.tighten;
      const std::string line = claim_line(claim);
      std::printf("%s\n", line.c_str());
      log::info(line);
      ++claims;
    }
    std::fflush(stdout);
  }

  write_file(folder.at("claims.csv"), claims_csv(found));
  const std::string summary = paper_summary({SHOCKSTEP_VERSION, seconds_since(begin), options.tighten}, found);
  write_file(folder.at("summary.json"), summary);
  write_file(folder.at("report.html"), html_page(paper_report(summary, found)));
  std::printf("%s: claims.csv%s report.html summary.json run.log\n", printable(folder.path(), 1000).c_str(),
              files.c_str());
  const int failed = failures(found);
  std::printf("%d claims: %d pass, %d fail; %.3g s\n", claims, claims - failed, failed, seconds_since(begin));
  return failed > 0 ? 4 : 0;
}

}  // namespace shockstep::cli
