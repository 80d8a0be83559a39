#include "sample/churn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"

namespace vitrine::sample {
namespace {

constexpr std::string_view kHeader =
    "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,"
    "InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,"
    "StreamingMovies,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn\n";

enum class Internet { none, dsl, fiber };

/// The simulated properties of one customer.
struct Customer {
  bool male, senior, partner, dependents, phone, lines, paperless, leaves;
  Internet internet;
  std::array<bool, 6> extras;  ///< security, backup, protection, support, tv, movies
  int contract;                ///< 0 month, 1 year, 2 years
  int payment;                 ///< 0 electronic, 1 mailed, 2 bank, 3 card
  int tenure;
  double monthly;
  double total;
};

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

int months_stayed(Random& random, int contract) {
  // Customers with a long contract have a longer tenure; many customers are new, few very old.
  constexpr std::array<double, 3> kShape = {0.75, 1.9, 3.4};
  const double share = std::pow(random.uniform(), 1.0 / kShape[static_cast<std::size_t>(contract)]);
  return std::min(72, static_cast<int>(share * 73));
}

double bill(Random& random, const Customer& customer) {
  double charge = customer.phone ? 19.5 : 0;
  if (customer.lines) charge += 5;
  if (customer.internet == Internet::dsl) charge += 25;
  if (customer.internet == Internet::fiber) charge += 50;
  for (std::size_t i = 0; i < customer.extras.size(); ++i) {
    if (customer.extras[i]) charge += i < 4 ? 5 : 10;
  }
  return std::max(18.2, charge + 0.8 * random.normal());
}

/// The probability that the customer leaves. The weights are chosen so that about a quarter of the
/// customers leave and a good model reaches an AUC near 0.84.
double risk(const Customer& customer) {
  double x = -0.72;
  x += customer.contract == 0 ? 0.85 : customer.contract == 1 ? -0.45 : -1.6;
  x += customer.internet == Internet::fiber ? 0.85 : customer.internet == Internet::none ? -0.9 : 0;
  x += 0.022 * (customer.monthly - 65) / 2;
  x -= 1.05 * std::log1p(customer.tenure / 6.0) - 0.9;
  x += customer.payment == 0 ? 0.4 : customer.payment >= 2 ? -0.12 : 0;
  x += customer.paperless ? 0.3 : 0;
  x += customer.senior ? 0.28 : 0;
  x -= customer.dependents ? 0.25 : 0;
  x -= customer.extras[0] ? 0.42 : 0;
  x -= customer.extras[3] ? 0.38 : 0;
  return logistic(0.8 * x - 0.12);
}

Customer simulate(Random& random) {
  Customer c{};
  c.male = random.bernoulli(0.505);
  c.senior = random.bernoulli(0.16);
  c.partner = random.bernoulli(c.senior ? 0.55 : 0.48);
  c.dependents = random.bernoulli(c.partner ? (c.senior ? 0.15 : 0.55) : 0.08);
  const double comfort = random.normal() + (c.partner ? 0.2 : -0.1);
  const double net = comfort + 0.7 * random.normal();
  c.internet = net < -0.95 ? Internet::none : net < 0.12 ? Internet::dsl : Internet::fiber;
  c.phone = c.internet != Internet::dsl || random.bernoulli(0.72);
  const double loyal = random.normal() + (c.partner ? 0.35 : 0) + (c.dependents ? 0.3 : 0) +
                       (c.internet == Internet::fiber  ? -0.5
                        : c.internet == Internet::none ? 0.3
                                                       : 0);
  c.contract = loyal < 0.2 ? 0 : loyal < 0.85 ? 1 : 2;
  c.tenure = months_stayed(random, c.contract);
  c.lines = c.phone && random.bernoulli(logistic(-0.9 + 0.02 * c.tenure + 0.4 * comfort));
  if (c.internet != Internet::none) {
    for (std::size_t i = 0; i < c.extras.size(); ++i) {
      const bool care = i == 0 || i == 3;  // security, support: rarer; their owners stay longer
      const double wish = -0.75 + 0.35 * comfort + 0.018 * c.tenure +
                          (care ? 0.45 * loyal - 0.25 : 0) + (i >= 4 ? 0.3 : 0);
      c.extras[i] = random.bernoulli(logistic(wish));
    }
  }
  c.paperless = random.bernoulli(c.internet == Internet::fiber ? 0.77
                                 : c.internet == Internet::dsl ? 0.56
                                                               : 0.3);
  const double habit = random.uniform() + (c.internet == Internet::fiber ? -0.18 : 0.06);
  c.payment = habit < 0.27 ? 0 : habit < 0.52 ? 1 : habit < 0.76 ? 2 : 3;
  c.monthly = std::round(bill(random, c) * 100) / 100;
  c.total = std::round(c.monthly * c.tenure * (1 + 0.03 * random.normal()) * 100) / 100;
  c.leaves = random.bernoulli(risk(c));
  return c;
}

void write_customer(std::string& out, const Customer& c, std::size_t number, Random& random) {
  const auto yes = [](bool value) { return value ? "Yes" : "No"; };
  const auto extra = [&](std::size_t i) {
    return c.internet == Internet::none ? "No internet service" : yes(c.extras[i]);
  };
  constexpr std::array<const char*, 3> kContracts = {"Month-to-month", "One year", "Two year"};
  constexpr std::array<const char*, 4> kPayments = {
      "Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"};
  std::array<char, 5> letters{};
  for (char& letter : letters) letter = static_cast<char>('A' + random.below(26));
  const char* internet = c.internet == Internet::none  ? "No"
                         : c.internet == Internet::dsl ? "DSL"
                                                       : "Fiber optic";
  fmt::format_to(std::back_inserter(out),
                 "{:07}-{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{:.2f},", number + 1,
                 std::string_view(letters.data(), letters.size()), c.male ? "Male" : "Female",
                 c.senior ? 1 : 0, yes(c.partner), yes(c.dependents), c.tenure, yes(c.phone),
                 c.phone ? yes(c.lines) : "No phone service", internet, extra(0), extra(1),
                 extra(2), extra(3), extra(4), extra(5),
                 kContracts[static_cast<std::size_t>(c.contract)], yes(c.paperless),
                 kPayments[static_cast<std::size_t>(c.payment)], c.monthly);
  // A customer of tenure 0 has not been billed yet.
  if (c.tenure == 0) {
    out += ' ';
  } else {
    fmt::format_to(std::back_inserter(out), "{:.2f}", c.total);
  }
  out += c.leaves ? ",Yes\n" : ",No\n";
}

}  // namespace

namespace {

bool has_content(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  const MappedFile file(path);
  std::string_view rest = file.text();
  for (const std::string_view piece : pieces) {
    if (!rest.starts_with(piece)) return false;
    rest.remove_prefix(piece.size());
  }
  return rest.empty();
}

}  // namespace

void write_churn_sample(const std::filesystem::path& path, std::size_t rows, std::uint64_t seed) {
  // Each block has its own generator: the bytes do not depend on the number of threads.
  constexpr std::size_t kBlock = 20000;
  std::vector<std::string> blocks((rows + kBlock - 1) / kBlock);
  parallel_for(blocks.size(), [&](std::size_t block) {
    Random random(seed * 1000003 + block);
    blocks[block].reserve(kBlock * 150);
    for (std::size_t row = block * kBlock; row < std::min((block + 1) * kBlock, rows); ++row) {
      write_customer(blocks[block], simulate(random), row, random);
    }
  });
  std::vector<std::string_view> pieces{kHeader};
  pieces.insert(pieces.end(), blocks.begin(), blocks.end());
  if (!std::filesystem::exists(path)) return write_file_atomically(path, pieces);
  if (has_content(path, pieces)) return;
  throw Error(ErrorKind::bad_input, "the file exists already, with another content", path.string(),
              "name a new file, or remove this one");
}

}  // namespace vitrine::sample
