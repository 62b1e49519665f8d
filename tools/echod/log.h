// What echod tells of its connections, as lines of text or JSON on the standard error.
#pragma once

#include <functional>

#include "serve/status/counters.h"
#include "tools/front/io.h"

namespace sockbox::tools {

class EchodLog final : public serve::Observer {
  public:
    enum class Format : std::uint8_t { text, json };

    // Connections are told of only where it is verbose; trouble always.
    EchodLog(Output& output, Format format, bool verbose)
        : output_(output), format_(format), verbose_(verbose) {}

    void opened(const net::Endpoint& peer) override;
    void ended(const serve::ConnectionReport& report) override;
    void trouble(const net::Error& error) override;
    void drain_began() override;
    void ready() override;

    // Called when the engine is ready. Whether it was.
    void on_ready(std::function<void()> act) { act_on_ready_ = std::move(act); }
    bool was_ready() const noexcept { return ready_; }

    // Called when no more clients are accepted, from any of the server's threads.
    void on_drain(std::function<void()> act) { act_on_drain_ = std::move(act); }

    // Something about the server as a whole.
    void note(std::string_view text);

    // The counters, in one line.
    void status(const serve::Counters& counters);

    // What was given up at the end; nothing where all was delivered.
    void aborted(const serve::Counters& counters);

  private:
    Output& output_;
    Format format_;
    bool verbose_;
    bool ready_ = false;
    std::function<void()> act_on_ready_;
    std::function<void()> act_on_drain_;
};

}  // namespace sockbox::tools
