// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "pace.hpp"

#include <iostream>

#include "report.hpp"

namespace convexscan::bench {

void pace(const Workload& workload, const BackendMaker& make_backend, DeviceProbe& probe,
          const std::filesystem::path& folder) {
  write_problem(folder, workload);
  const Benchmark benchmark = prepare(workload, make_backend, probe);
  benchmark.run();
  const std::string checked = benchmark.check();
  benchmark.save(folder);
  std::cout << Json{{"ready", "convexscan"},
                    {"provenance", provenance(probe)},
                    {"what", benchmark.what},
                    {"items", benchmark.items},
                    {"checked", checked}}
                   .dump()
            << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << Json{{"seconds", seconds_of(benchmark.run)}}.dump() << std::endl;
  }
}

}  // namespace convexscan::bench
