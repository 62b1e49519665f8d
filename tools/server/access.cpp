// The options of a server's access.
#include "tools/server/access.h"

#include "text/units.h"

namespace sockbox::tools {
namespace {

constexpr std::int64_t most_replies = 1'000'000'000;

Take take_network(serve::AccessList& list, void (serve::AccessList::*add)(const serve::Network&)) {
    return [&list, add](std::string_view text) -> net::Status {
        const auto network = serve::Network::parse(text);
        if (!network)
            return net::fail(network.error());
        (list.*add)(*network);
        return {};
    };
}

}  // namespace

void declare_access(Cli& cli, serve::DatagramOptions& options) {
    cli.repeated("--allow", "CIDR", "serve this network and refuse others; repeatable",
                 take_network(options.access, &serve::AccessList::allow))
        .repeated("--deny", "CIDR", "refuse this network; the longest prefix wins; repeatable",
                  take_network(options.access, &serve::AccessList::deny))
        .option("--udp-rate", "N",
                "UDP replies per second to one address (default 10000; 0: no limit)",
                [&options](std::string_view text) -> net::Status {
                    const auto rate = net::parse_integer(text, 0, most_replies);
                    if (!rate)
                        return net::fail(rate.error());
                    options.replies_per_second = static_cast<std::uint64_t>(*rate);
                    return {};
                });
}

}  // namespace sockbox::tools
