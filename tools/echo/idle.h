// echo --find-idle: how long a connection may be silent.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "probe/path/idle_timeout.h"
#include "report/json.h"
#include "tools/client/client.h"
#include "tools/client/results.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

// Searches for the idle timeout on the way to a server. All references passed to the constructor
// must outlive the object.
class IdleFinder {
  public:
    IdleFinder(Io io, const ClientOptions& client, const Results& results)
        : io_(io), client_(client), results_(results) {}

    // Declares --find-idle.
    void declare(Cli& cli);
    bool is_requested() const { return max_.has_value(); }
    // An error message if options contradict each other, otherwise empty.
    std::string mistake(const Cli& cli, std::size_t connections) const;

    // Searches with these options, whose `max` and `observe` it sets, prints the result, and writes
    // it to the file of --html. Blocks until it is known or `stop` is raised, by an interrupt.
    // Returns the exit status.
    int run(const Target& target, const net::Endpoint& server, probe::IdleOptions options,
            const net::StopSignal& stop);

  private:
    void report_step(const probe::IdleProgress& progress) const;
    std::vector<std::string> answer(const probe::IdleFound& found, const std::string& target) const;
    void print(const probe::IdleFound& found, const std::string& target) const;
    int conclude(const probe::IdleFound& found, const std::string& target,
                 const net::Endpoint& server, int status) const;
    report::Json json(const probe::IdleFound& found, const std::string& target,
                      const net::Endpoint& server, std::chrono::nanoseconds duration) const;

    Io io_;
    const ClientOptions& client_;
    const Results& results_;
    std::optional<std::chrono::nanoseconds> max_;
};

}  // namespace sockbox::tools
