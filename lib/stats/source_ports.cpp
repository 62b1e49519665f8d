// The binomial test of the loss of each port.
#include "stats/source_ports.h"

#include <algorithm>

namespace sockbox::stats {
namespace {

// A positive number of any magnitude. Logarithms would need the mathematical library, which delays
// the start of every command.
class Scaled {
  public:
    explicit Scaled(double value) : value_(value) {}

    // `factor` is between 2^-256 and 2^256.
    void multiply(double factor) noexcept {
        value_ *= factor;
        if (value_ < 0x1p-256 && value_ > 0) {
            value_ *= 0x1p512;
            --scale_;
        } else if (value_ > 0x1p256) {
            value_ *= 0x1p-512;
            ++scale_;
        }
    }
    void multiply(Scaled other) noexcept {
        scale_ += other.scale_;
        multiply(other.value_);
    }
    double value() const noexcept {
        double value = value_;
        for (std::int64_t scale = scale_; scale < 0 && value > 0; ++scale)
            value *= 0x1p-512;
        return value;
    }

  private:
    double value_;
    std::int64_t scale_ = 0;  // powers of 2^512
};

// By squaring.
Scaled power(double base, std::uint64_t exponent) noexcept {
    Scaled result(1);
    for (Scaled square(base); exponent > 0; exponent /= 2) {
        if (exponent % 2 == 1)
            result.multiply(square);
        square.multiply(square);
    }
    return result;
}

// The probability of exactly `hits`; 0 < share < 1.
double binomial(std::uint64_t hits, std::uint64_t trials, double share) noexcept {
    Scaled result(1);
    const auto misses = static_cast<double>(trials - hits);
    for (std::uint64_t i = 1; i <= hits; ++i)
        result.multiply((misses + static_cast<double>(i)) / static_cast<double>(i) * share);
    result.multiply(power(1 - share, trials - hits));
    return result.value();
}

// The probabilities of at least `hits`, more than expected, and of at most `hits`, fewer. The terms
// decrease from `hits` on.
double upper_tail(std::uint64_t hits, std::uint64_t trials, double share, double odds) noexcept {
    double term = binomial(hits, trials, share);
    double sum = term;
    for (std::uint64_t i = hits; i < trials && term > sum * 1e-17; ++i) {
        term *= static_cast<double>(trials - i) / static_cast<double>(i + 1) * odds;
        sum += term;
    }
    return std::min(sum, 1.0);
}

double lower_tail(std::uint64_t hits, std::uint64_t trials, double share, double odds) noexcept {
    double term = binomial(hits, trials, share);
    double sum = term;
    for (std::uint64_t i = hits; i > 0 && term > sum * 1e-17; --i) {
        term *= static_cast<double>(i) / static_cast<double>(trials - i + 1) / odds;
        sum += term;
    }
    return sum;
}

}  // namespace

double PortNumbers::loss() const noexcept {
    const std::uint64_t judged = received + lost;
    return judged == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(judged);
}

void PortNumbers::merge(const PortNumbers& other) {
    sent += other.sent;
    received += other.received;
    lost += other.lost;
    rtt.merge(other.rtt);
}

double binomial_tail(std::uint64_t hits, std::uint64_t trials, double share) noexcept {
    constexpr std::uint64_t max_hits = 4096;
    while (hits > max_hits) {
        hits /= 2;
        trials = trials / 2 + trials % 2;
    }
    if (hits == 0 || share >= 1)
        return hits <= trials ? 1 : 0;
    if (hits > trials || share <= 0)
        return 0;
    const double odds = share / (1 - share);
    return static_cast<double>(hits) > static_cast<double>(trials) * share
               ? upper_tail(hits, trials, share, odds)
               : std::max(1 - lower_tail(hits - 1, trials, share, odds), 0.0);
}

std::vector<PortVerdict> judge(const SourcePorts& ports) {
    PortNumbers all;
    for (const auto& [port, numbers] : ports) {
        all.received += numbers.received;
        all.lost += numbers.lost;
    }
    std::vector<PortVerdict> verdicts;
    for (const auto& [port, numbers] : ports) {
        PortNumbers others;
        others.received = all.received - numbers.received;
        others.lost = all.lost - numbers.lost;
        PortVerdict& verdict = verdicts.emplace_back();
        verdict.others_loss = others.loss();
        if (numbers.loss() <= all.loss())
            continue;
        const double luck =
            binomial_tail(numbers.lost, numbers.received + numbers.lost, all.loss());
        verdict.chance = std::min(luck * static_cast<double>(ports.size()), 1.0);
        verdict.is_suspect = verdict.chance < suspect_below;
    }
    return verdicts;
}

std::vector<std::uint16_t> suspects(const SourcePorts& ports) {
    std::vector<std::uint16_t> found;
    const auto verdicts = judge(ports);
    auto verdict = verdicts.begin();
    for (const auto& [port, numbers] : ports)
        if ((verdict++)->is_suspect)
            found.push_back(port);
    return found;
}

}  // namespace sockbox::stats
