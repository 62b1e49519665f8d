// Fuzzes the parser of networks in CIDR notation.
#include "serve/limits/access_list.h"
#include "tests/fuzz/text_of.h"

using namespace sockbox;
using fuzz::require;

namespace {

// The address with one bit flipped.
net::Endpoint neighbour(const net::Endpoint& address, unsigned bit) {
    net::Endpoint changed = address;
    auto* const bytes = const_cast<std::byte*>(changed.bytes().data());
    bytes[bit / 8] ^= std::byte{0x80} >> (bit % 8);
    return changed;
}

void look_up(const serve::Network& network) {
    const net::Endpoint& host = network.address;
    const unsigned width = static_cast<unsigned>(host.bytes().size() * 8);
    require(network.prefix <= width && network.contains(host));
    for (unsigned bit = 0; bit < width; ++bit)
        require(network.contains(neighbour(host, bit)) == (bit >= network.prefix));
    serve::AccessList list;
    list.allow(network);
    require(list.allows(host) && list.allows(host.mapped()));
    if (network.prefix > 0)
        require(!list.allows(neighbour(host, network.prefix - 1)));
    list.deny(network);
    require(!list.allows(host));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (const auto network = serve::Network::parse(fuzz::text_of(data, size))) {
        look_up(*network);
        const auto again = serve::Network::parse(network->address.address() + '/' +
                                                 std::to_string(network->prefix));
        require(again && again->address == network->address && again->prefix == network->prefix);
    }
    return 0;
}
