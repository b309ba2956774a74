import { texts } from '../texts'

interface Cost { today_usd: string; month_usd: string; forecast_month_usd: string }

const money = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD', maximumFractionDigits: 2 })
const small = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD', maximumSignificantDigits: 2 })
/** Sums come as exact text; cents are enough to look at, and less than a cent is not nothing. */
export const dollars = (sum: string) => {
  const value = Number(sum)
  return value > 0 && value < 0.01 ? small.format(value) : money.format(value)
}

/** What reading costs: today, this month, and at its end if it goes on so. */
export function CostLine({ cost }: { cost: Cost }) {
  const { costLine, cost: name } = texts.accounts
  return (
    <p className="text-sm">
      <span className="text-faint">{name}</span> {costLine(dollars(cost.today_usd), dollars(cost.month_usd), dollars(cost.forecast_month_usd))}
    </p>
  )
}
