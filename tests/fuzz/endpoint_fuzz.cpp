// Fuzzes the parsers of addresses and host:port; accepted input must round-trip.
#include "net/endpoint.h"

#include "tests/fuzz/text_of.h"

using namespace sockbox;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    if (const auto endpoint = net::Endpoint::parse(text, 7)) {
        const auto again = net::Endpoint::parse(endpoint->address(), 7);
        require(again && *again == *endpoint);
        require(endpoint->with_port(9).port() == 9);
        require(endpoint->unmapped().mapped().unmapped() == endpoint->unmapped());
        const auto parts = net::split_host_port(endpoint->to_string());
        require(parts && parts->port == "7");
    }
    if (const auto parts = net::split_host_port(text))
        require(parts->host.size() + parts->port.size() < text.size());
    if (const auto host = net::check_host(text))
        require(!host->empty() && host->size() <= text.size());
    return 0;
}
