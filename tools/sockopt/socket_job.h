// Carries out requests on one socket after another and writes the outcomes.
#pragma once

#include <memory>
#include <vector>

#include "inspect/outcome.h"
#include "inspect/set_and_read.h"
#include "tools/sockopt/outcome_writer.h"
#include "tools/sockopt/settings.h"

namespace sockbox::tools {

// The output options that follow from `settings`.
WriterOptions writer_options(const SockoptSettings& settings, bool dump, const Output& out);

// Whether the error is a usage error: invalid syntax, or a value out of a range that depends on the
// socket. Errors of the system are not.
bool is_mistake(const net::Error& error);

// Works on sockets one by one. An object may be used from one thread at a time; different objects
// may be used concurrently.
class SocketJob {
  public:
    // `settings` and `requests` must outlive the object.
    SocketJob(const SockoptSettings& settings, const std::vector<net::Request>& requests,
              const WriterOptions& options, Io io)
        : settings_(settings),
          requests_(requests),
          io_(io),
          reader_(settings.work),
          writer_(make_writer(options, io.out)) {}

    // Carries out all requests on an existing socket. Closes it before writing the outcomes, so
    // that a slow reader of our output does not delay its owner's FIN.
    void work_on(net::FoundSocket& target);

    // Sets the options of a new socket, then binds or connects it to `destination`, if there is
    // one, and then reads its options. Returns false if binding or connecting failed and another
    // destination should be tried. `last` means that there is no other destination.
    bool work_on_new(net::FoundSocket& target, const Destination& destination, bool last);

    // Both print a line to standard error and raise the exit status to at least `status`.
    void print_error(const net::Error& error, int status);
    void note(const std::string& text, int status = exit_ok);

    int status() const { return status_; }
    std::size_t written() const { return written_; }  // outcomes written
    bool closed() const { return closed_; }           // a matching socket was unavailable
    bool refused() const { return refused_; }         // the latest socket refused a set

  private:
    void write(const net::Outcome& outcome);
    net::Status announce(const net::FoundSocket& target, const net::Option& option,
                         const std::optional<net::OptionValue>& before);
    void carry_out(net::FoundSocket& target, const net::Request& request);
    void carry_out_all(net::FoundSocket& target);
    bool prepare(net::FoundSocket& target, const Destination& destination, bool last);
    void dump(const net::FoundSocket& target);
    void read_differing(const net::FoundSocket& target);
    void report_story(const net::FoundSocket& target);
    void pass_over(const net::FoundSocket& target);
    void end(net::FoundSocket& target);
    void remark_on(const net::Outcome& outcome);
    void remark_on_companions(const net::FoundSocket& target);

    const SockoptSettings& settings_;
    const std::vector<net::Request>& requests_;
    Io io_;
    net::OptionReader reader_;
    std::unique_ptr<OutcomeWriter> writer_;
    int status_ = exit_ok;
    std::size_t written_ = 0;
    bool set_ = false;      // an option of this socket was set
    bool refused_ = false;  // setting an option failed, so the rest of this socket is skipped
    bool closed_ = false;
};

}  // namespace sockbox::tools
