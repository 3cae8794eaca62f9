# 费用明细的中文文案。写法见 docs/copy.md。
#
# 消息名就是费用代码，消息的值是费用名称，.text 是费用说明。
# “代码--场景”只在该场景（detail、receipt、driver、statement）替换同名消息。

## 金额

money-CNY = { $amount }元
money-USD = { $amount }美元
money = { $amount } { $currency }

## 分组标题

title-fare = 车费
title-fare--driver = 行程收入
title-extra = 附加费
title-extra--driver = 附加收入
title-at-cost = 代收费用
title-cancellation = 取消费
title-discounts = 优惠
title-discounts--driver = 乘客优惠
title-reward = 抽成返还
title-statement = 平台在本单的抽成
title-included = 总价中已含
title-mocked = { $title }（按行程起点和终点估算）

## 说明中反复出现的部分

per-kilometre = { $per_number ->
    [1] 公里
   *[other] { $per }公里
}

per-minute = { $per_number ->
    [60] 分钟
   *[other] { $per }秒
}

minutes = { $minutes_number ->
    [0] { $seconds }秒
   *[other] { $seconds_number ->
        [0] { $minutes }分钟
       *[other] { $minutes }分{ $seconds }秒
    }
}

## 文案里没有的费用，也用作多数费用的说明

fee = 其他费用（{ $code }）
    .text = { $unit ->
        [meter] { $quantity }公里 × { $rate }/{ per-kilometre }
        [second] { minutes } × { $rate }/{ per-minute }
        [piece] { $quantity } × { $rate }
        [money] { $quantity } × { $percent }%
       *[trip] { "" }
    }

## 里程和时间

one_price = 一口价
start_price = 起步价
mileage = 里程费
    .text = { fee.text }
mileage--driver = 里程收入
duration = 时长费
    .text = { fee.text }
duration--driver = 时长收入
low_speed = 低速费
    .text = { fee.text }
meter = 计价器计费
    .text = { $quantity }个计费单位 × { $rate }
waiting = 等候费
    .text = { fee.text }
long_distance = 远途费
    .text = { fee.text }
night = 夜间费
    .text = { fee.text }

## 附加

booking = 预约费
airport = 机场服务费
airport_flat = 机场定额车费
airport_rush = 机场高峰附加费
rush_hour = 高峰附加费
laguardia = 拉瓜迪亚机场附加费
newark = 纽瓦克机场附加费
mta_tax = 州交通局附加费
improvement = 改善附加费
congestion = 拥堵附加费
cbd_toll = 中心商务区通行费
extra_passengers = 附加乘客费
    .text = { fee.text }
cross_city = 跨城费
    .text = { fee.text }
remote = 偏远地区费
    .text = { fee.text }
energy = 能源费
    .text = { fee.text }
fuel = 燃油附加费
    .text = { fee.text }
dynamic = 动态调价
    .text = { $unit ->
        [money] { $quantity } × { $percent }%（{ $factor }倍）
       *[trip] { fee.text }
    }
minimum = 最低消费补足
    .text = 补足到最低消费
maximum = 封顶减免
    .text = 减免到封顶价

growth_limit = 报价涨幅限制
    .text = 使车费不超出报价承诺的范围

## 代收和税

tolls = 路桥费
bridge = 过桥费
highway = 高速费
parking = 停车费
tax = 税费
    .text = { $percent }%

## 取消

cancellation = 取消费
    .text = { fee.text }

## 优惠

coupon = 优惠券
    .text = { $unit ->
        [money] { $quantity } × { $percent }%，{ $reference }
       *[trip] { $reference }
    }
coupon--driver = 您承担的乘客优惠
    .text = { $unit ->
        [money] { $quantity } × { $percent }%，{ $reference }
       *[trip] { $reference }
    }
red_packet = 红包
    .text = { $reference }

## 平台抽成：给司机看的说明

commission_reward = 抽成返还
    .text = { commission-reward-text }
commission_reward--statement = 返还给您
commission-reward-text = { $reference ->
    [pending] { commission-reward-why }（待确认）
   *[other] { commission-reward-why }
}
commission-reward-why = { $unit ->
    [money] 平台抽成不超过{ $quantity }的{ $percent }%，超出部分返还给您
   *[other] { "" }
}
passenger_paid = 乘客实付
partners_pay = 合作方承担的优惠
platform_bears = 平台承担的优惠
passed_on = 代收费用
    .text = 税费、路桥费等，不计入抽成
driver_pay = 您的车费收入
    .text = 不含代收费用

## 重新计算的账单：标题、原因、结果，以及平台承担的部分

repaired = 账单已更新
    .text = { $closed ->
        [yes] 本账单所依据的部分信息未能及时补齐，账单以当前金额为准。
       *[no] { repaired-because }
    }
repaired--driver = 收入已更新
repaired--statement = 收入已更新

repaired-because = { $because ->
    [trip-missing] 出账时行程记录不完整，我们已根据后来收到的记录重新计算费用。
    [trip-incomplete] 出账时行程记录不完整，我们已根据后来收到的记录重新计算费用。
    [late-segments] 部分行程记录在出账后才收到，我们已重新计算费用。
    [store-lost] 出账时部分行程记录可能缺失，我们已重新计算费用。
    [store-timeout] 出账时部分行程信息暂时无法读取，我们已重新计算费用。
    [store-unavailable] 出账时部分行程信息暂时无法读取，我们已重新计算费用。
    [store-refused] 出账时部分行程信息暂时无法读取，我们已重新计算费用。
    [switched-off] 出账时部分行程信息暂时无法读取，我们已重新计算费用。
   *[other] 我们已核对账单并重新计算费用。
}

repaired-outcome = { $change ->
    [more] 您需支付{ $after }，比之前多{ $difference }。如已支付，只需补足差额。
    [less] 您需支付{ $after }，比之前少{ $difference }。如已支付，差额将退还给您。
   *[same] 您需支付的金额不变，仍为{ $after }。
}
repaired-outcome--driver = { $change ->
    [more] 您的收入为{ $after }，比之前多{ $difference }。
    [less] 您的收入为{ $after }，比之前少{ $difference }。
   *[same] 您的收入不变，仍为{ $after }。
}
repaired-outcome--statement = { $change ->
    [more] 您的收入为{ $after }，比之前多{ $difference }。
    [less] 您的收入为{ $after }，比之前少{ $difference }。
   *[same] 您的收入不变，仍为{ $after }。
}

repaired-borne = { $change ->
    [same] 本次行程费用为{ $payable }，超出的{ $borne }由平台承担，您无需多付。
   *[other] 本次行程费用为{ $payable }，其中{ $borne }由平台承担。
}
