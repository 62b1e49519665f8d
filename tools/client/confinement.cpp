// Decides what a client keeps, and reports what it has given up.
#include "tools/client/confinement.h"

#include <fmt/ranges.h>

#include "report/color.h"
#include "serve/confine/privileges.h"
#include "serve/confine/sandbox.h"

namespace sockbox::tools {

void ClientConfinement::declare(Cli& cli) {
    cli.flag("--no-sandbox", "with --metrics: keep capabilities and all system calls", no_sandbox_);
}

void ClientConfinement::enter(Io io, const ClientOptions& client,
                              std::vector<std::string> output_files, bool reads_files) const {
    if (no_sandbox_)
        return;
    std::erase(output_files, "");
    serve::SandboxReport report;
    serve::LaterNeeds needs;
    needs.socket_options = !client.settings.empty();
    constexpr std::uint16_t first_unprivileged_port = 1024;
    needs.low_ports = client.source_ports && client.source_ports->first < first_unprivileged_port;
    needs.files_of_others = !output_files.empty();
    needs.reading_any_file = reads_files;
    if (const auto dropped = serve::drop_privileges_but(needs); !dropped)
        report.left_out.push_back(dropped.error().message());
    else
        report.entered.emplace_back(needs.socket_options || needs.low_ports ||
                                            needs.files_of_others || needs.reading_any_file
                                        ? "few capabilities"
                                        : "no capabilities");
    serve::confine_client(output_files, report);
    if (client.common.verbose && !report.entered.empty())
        io.err.print("{}: sandbox: {}\n", client.tool, fmt::join(report.entered, ", "));
    for (const std::string& reason : report.left_out)
        io.err.print("{}: {}\n", client.tool,
                     report::painted(client.common.colored(io.err), report::yellow,
                                     "sandbox: skipped: " + reason));
}

}  // namespace sockbox::tools
