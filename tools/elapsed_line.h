// The live line of work that tells nothing until it is done.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "tools/progress.h"

namespace sockbox::tools {

// Shows what goes on and for how long, by a thread of its own, which there is only where the line
// is drawn. Nothing else may be written to the stream while it lives.
class ElapsedLine {
  public:
    // `wanted` as ProgressLine takes it.
    ElapsedLine(Output& err, bool wanted, std::string what);
    ~ElapsedLine();
    ElapsedLine(const ElapsedLine&) = delete;
    ElapsedLine& operator=(const ElapsedLine&) = delete;

  private:
    void run();

    ProgressLine line_;
    const std::string what_;
    const net::Clock::time_point begin_ = net::Clock::now();
    std::mutex mutex_;
    std::condition_variable ended_;
    bool is_over_ = false;
    std::thread thread_;
};

}  // namespace sockbox::tools
