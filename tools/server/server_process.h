// The process of a server, from its open sockets to its end: service manager, port file and rights.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "option/option.h"
#include "serve/confine/end_task.h"
#include "serve/listeners.h"
#include "serve/systemd.h"
#include "tools/front/whole_file.h"
#include "tools/server/server.h"

namespace sockbox::tools {

// Prints a message about the server as a whole.
using Note = std::function<void(std::string_view)>;

// Checks the hosts of --bind without a lookup and removes brackets. Returns an error message, or an
// empty string.
std::string mistake_in_bind(std::vector<std::string>& hosts);

// Looks up the hosts of --bind for ListenPlan::hosts; an address of several of them is listed once.
// Blocks as resolve_to_bind() does. Fails with the error of the first lookup that fails.
net::Result<std::vector<std::vector<net::Endpoint>>> resolve_hosts(
    const FailureOutput& failures, const std::vector<std::string>& hosts, net::Family family,
    net::Transport transport);

// Takes the sockets that the parent process passed (serve::take_passed_sockets()), such as systemd
// or `sockopt -- COMMAND`; without any, opens new ones according to `plan`. `ignored` names the
// options given that passed sockets make useless, as Cli::given_of() does; it may be empty.
net::Result<serve::Listeners> take_or_open_listeners(const serve::ListenPlan& plan,
                                                     std::string_view ignored, const Note& note);

// Whether a setting applies to this socket: options of TCP apply only to TCP sockets, and those of
// UDP only to UDP sockets.
bool concerns(const net::Setting& setting, net::Socket& socket);

// An error message if a setting applies to TCP or UDP only, and that is not served; otherwise
// empty.
std::string unserved_setting(const std::vector<net::Setting>& settings, bool tcp, bool udp);

// Notes the addresses that were left out, and each setting for which the kernel granted another
// value than requested.
void note_listeners(const std::vector<net::Setting>& settings, serve::Listeners& listeners,
                    const Note& note);

// The steps of a server after its sockets are open, in this order:
//
//     ServerProcess process(confinement, verbose, note);
//     process.prepare(port_file, port);
//     const net::Interrupts interrupts(stop);
//     if (auto published = process.publish(io.out); !published)
//         return fail(published.error());
//     if (auto dropped = process.drop_rights(); !dropped)
//         return fail(dropped.error());
//     // start threads; when ready to serve:
//     process.deny_system_calls(engine);
//     process.notify("READY=1");
//     serve();
//     process.finish();
class ServerProcess {
  public:
    ServerProcess(Confinement confinement, bool verbose, Note note)
        : confinement_(std::move(confinement)), verbose_(verbose), note_(std::move(note)) {}
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    // Connects to the service manager; if it cannot be reached, serves nevertheless (sd_notify(3)).
    // Then writes the port file, whose path may be empty, without making it appear; this may block,
    // so that signals should still end the process.
    void prepare(const std::string& port_file, std::uint16_t port);

    // Makes the port file appear. Signals that end the server should be caught before. Fails, also
    // with an error of prepare(), if the file cannot be written.
    net::Status publish(Output& standard);

    // Changes the user and gives up rights; see Confinement::drop_rights(). From now on, a process
    // of its own will remove the port file.
    net::Status drop_rights();
    // See Confinement::deny_system_calls().
    void deny_system_calls(std::string_view engine);

    // Reports a state such as "READY=1" to the service manager. From any thread.
    void notify(std::string_view state) noexcept { notice_.notify(state); }

    // Removes the port file, and notes if that fails.
    void finish();

  private:
    serve::EndTask remove_at_end();

    Confinement confinement_;
    bool verbose_;
    Note note_;
    serve::StateNotice notice_;
    net::Status prepared_;
    PortFile port_file_;
    serve::EndTask removal_;
};

}  // namespace sockbox::tools
